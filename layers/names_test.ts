import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { Dense, type DenseOptions } from "./dense.ts";
import { modelFromConfig } from "./from_config.ts";
import { nameOf } from "./names.ts";
import { Sequential } from "./sequential.ts";

Deno.test("nameOf() makes up no name that a layer of the class was given", () => {
  const next = () => nameOf("OfTheNames");
  assertEquals([next(), next()], ["of_the_names", "of_the_names_1"]);
  assertEquals(nameOf("OfTheNames", "of_the_names_7"), "of_the_names_7");
  assertEquals(next(), "of_the_names_8");
  assertEquals(nameOf("OfTheNames", "of_the_names_3"), "of_the_names_3");
  assertEquals(next(), "of_the_names_9");
  // None of these is a number that comes next.
  for (const end of ["", "_", "_x", "_1e3", "_1.5", "_-1", "_9999999999", " 10"]) {
    nameOf("OfTheNames", `of_the_names${end}`);
  }
  nameOf("Other", "of_the_names_500");
  const after = next();
  assert(/^of_the_names_\d+$/.test(after), after);
  assertEquals(after, "of_the_names_10");
  assertEquals(nameOf("NamedFirst", "named_first"), "named_first");
  assertEquals(nameOf("NamedFirst"), "named_first_1");
});

Deno.test("a layer added to a network that was read has a name of its own", async () => {
  await using kernel = await createKernel("naive");
  using made = new Sequential([new Dense(kernel, { units: 2 }), new Dense(kernel, { units: 1 })]);
  made.build([null, 3]);
  const number = Number(made.layers[1]!.name.split("_")[1]);
  // As they are named in another process, where others were made before.
  const renamed = JSON.parse(
    JSON.stringify(made.getConfig()).replaceAll(
      /"dense_?(\d*)"/g,
      (_, i) => `"dense_${Number(i || 0) + number + 1}"`,
    ),
  );
  using read = modelFromConfig(kernel, { class_name: "Sequential", config: renamed }) as Sequential;
  for (let i = 0; i < 4; i++) read.add(new Dense(kernel, { units: 1 }));
  assertEquals(new Set(read.layers.map(({ name }) => name)).size, read.layers.length);
});

Deno.test("two layers of one name are refused with what gives another", async () => {
  await using kernel = await createKernel("naive");
  using model = new Sequential([new Dense(kernel, { units: 2, name: "head" })]);
  using other = new Dense(kernel, { units: 1, name: "head" });
  assertThrows(
    () => model.add(other),
    ArgumentError,
    '"head" is there already: the option name gives another',
  );
});

Deno.test("initializers, constraints and regularizers are read in every spelling of Keras and TensorFlow.js", async () => {
  await using kernel = await createKernel("naive");
  const configOf = (options: Record<string, unknown>) => {
    using layer = new Dense(kernel, { units: 1, name: "it", ...options } as DenseOptions);
    return layer.getConfig();
  };
  const spellings = {
    kernelInitializer: [["he_normal", "HeNormal", "heNormal"], ["zeros", "Zeros"]],
    kernelConstraint: [["max_norm", "MaxNorm", "maxNorm", "maxnorm"], ["non_neg", "nonNeg"]],
    kernelRegularizer: [["l1l2", "L1L2"], ["l2", "L2"], [
      "orthogonal_regularizer",
      "OrthogonalRegularizer",
      "orthogonalRegularizer",
      "orthogonal",
    ]],
  };
  for (const [option, groups] of Object.entries(spellings)) {
    for (const [usual, ...others] of groups) {
      for (const name of others) {
        assertEquals(configOf({ [option]: name }), configOf({ [option]: usual }), name);
      }
    }
  }
  for (const option of Object.keys(spellings)) {
    for (const name of ["toString", "__proto__", "", "_", "L3"]) {
      assertThrows(() => configOf({ [option]: name }), ArgumentError);
    }
  }
});
