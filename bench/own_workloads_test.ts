import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { ModelFileError } from "../models/errors.ts";
import { inFolder, safetensors } from "../models/files_testing.ts";
import type { Model, ModelLayer } from "../models/model.ts";
import { modelWorkloads } from "./model_workloads.ts";
import { readCommand, readModelOf } from "./plan.ts";
import { checksFor } from "./needed_checks.ts";
import { labelOf, lastActivation, textsOfSteps, workloadFlops } from "./workload.ts";

/** A Dense layer of zeros. */
function dense(
  name: string,
  inputs: number,
  units: number,
  activation: ModelLayer["activation"],
  useBias = true,
): ModelLayer {
  const bias = useBias ? new Float32Array(units) : null;
  return { name, inputs, units, activation, weight: new Float32Array(inputs * units), bias };
}

/** An Activation of its own. */
function apart(name: string, width: number, activation: ModelLayer["activation"]): ModelLayer {
  return { name, inputs: width, units: width, activation, weight: null, bias: null };
}

const modelOf = (layers: readonly ModelLayer[], name = "some/folder/mlp.json"): Model => ({
  name,
  layers,
  inputs: layers[0]!.inputs,
  flatten: false,
  notes: [],
});

const mlp = modelOf([
  dense("fc1", 4, 8, "linear"),
  apart("act", 8, "relu"),
  dense("fc2", 8, 8, "tanh", false),
  // A linear one changes nothing, whatever it follows.
  apart("nothing", 8, "linear"),
  dense("fc3", 8, 8, "tanh", false),
  dense("../fc 4", 8, 2, "softmax"),
]);

Deno.test("modelWorkloads() has each layer once, activations fused, and the whole network", () => {
  const found = modelWorkloads(mlp, 3);
  assertEquals(
    found.map(({ name, m, n, k, activation, useBias }) => [name, m, n, k, activation, useBias]),
    [
      ["mlp-fc1", 3, 8, 4, "relu", true],
      ["mlp-fc2", 3, 8, 8, "tanh", false],
      ["mlp-fc-4", 3, 2, 8, "softmax", true],
      ["mlp", 3, 2, 4, "softmax", true],
    ],
  );
  assertEquals(found[1]?.description, "mlp, layers fc2 and fc3");
  assertEquals(found[3]?.layers, [
    { k: 4, n: 8, activation: "relu" },
    { k: 8, n: 8, activation: "tanh", bias: false },
    { k: 8, n: 8, activation: "tanh", bias: false },
    { k: 8, n: 2, activation: "softmax" },
  ]);
});

Deno.test("modelWorkloads() gives layers whose names are cleaned to the same text different names", () => {
  const layers = [dense("a/b", 2, 3, "relu"), dense("a b", 3, 4, "relu"), dense("…", 4, 5, "relu")];
  const names = modelWorkloads(modelOf(layers, "mlp.safetensors"), 1).map(({ name }) => name);
  assertEquals(names, ["mlp-a-b", "mlp-a-b-2", "mlp-layer", "mlp"]);
});

Deno.test("modelWorkloads() of one layer has no network beside it", () => {
  const names = modelWorkloads(modelOf([dense("fc", 2, 3, "relu")]), 1).map(({ name }) => name);
  assertEquals(names, ["mlp-fc"]);
});

Deno.test("modelWorkloads() has networks of layers that are no Dense of the contract's activations", () => {
  const leaky = { name: "leaky_relu", negativeSlope: 0.1 } as const;
  const slopes = { name: "prelu", slopes: new Float32Array(3) } as const;
  const found = modelWorkloads(
    modelOf([
      apart("first", 2, "relu"),
      dense("fc", 2, 3, leaky),
      apart("slopes", 3, slopes),
      { ...dense("out", 1, 4, "relu"), rows: 3 },
      apart("again", 4, "tanh"),
    ]),
    5,
  );
  assertEquals(found.map(({ name, m, n, k }) => [name, m, n, k]), [
    ["mlp-fc", 5, 3, 2],
    ["mlp-out", 15, 4, 1],
    ["mlp", 5, 4, 2],
  ]);
  assertEquals(found.map(lastActivation), ["leaky_relu(negativeSlope=0.1)", "relu", "tanh"]);
  assertEquals(found[1]?.layers, undefined);
  const { layers, steps } = found[2]!;
  assertEquals(layers, [
    { k: 2, n: 3, activation: "leaky_relu(negativeSlope=0.1)" },
    { k: 1, n: 4, activation: "relu", rows: 3 },
  ]);
  assertEquals(steps?.map(({ activation }) => activation), [
    "relu",
    leaky,
    { name: "prelu" },
    "relu",
    "tanh",
  ]);
  assertEquals(textsOfSteps(steps ?? []), [
    "relu",
    "2 to 3 leaky_relu(negativeSlope=0.1)",
    "prelu",
    "1 to 4 relu of 3 rows",
    "tanh",
  ]);
  // What goes to another process is data.
  assertEquals(JSON.parse(JSON.stringify(steps)), steps);
  assertEquals(workloadFlops(found[2]!), 2 * 5 * (2 * 3 + 3 * 4));
  assertEquals(checksFor([found[0]!]).includes("formulas"), true);
  assertEquals(checksFor([found[1]!]).includes("formulas"), false);
});

const wrong: Record<string, [args: string[], message: string]> = {
  "a suite and a shape": [
    ["--suite", "gemm", "--shape", "1x2x3"],
    "--suite and --shape both say what is timed; give one of them",
  ],
  "a shape and a model": [["--shape", "1x2x3", "--model", "a.json"], "--shape and --model both"],
  "a sweep without a shape": [["--sweep", "m=1..8"], "--sweep needs --shape"],
  "a batch without a model": [["--shape", "1x2x3", "--batch", "8"], "--batch is for --model"],
  "a pass that a shape does not have": [
    ["--shape", "8x8x8,8x8x8:gelu", "--pass", "backward"],
    "8x8x8-gelu cannot be timed in backward: gradients need relu or linear",
  ],
  "a filter that no shape has": [
    ["--shape", "8x8x8", "--filter", "mnist"],
    'no workload of shapes contains "mnist"; there are 8x8x8',
  ],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`readCommand() refuses ${what}`, () => {
    assertThrows(() => readCommand(args), UsageError, message);
  });
}

Deno.test("readCommand() times shapes in the passes and with the filter that are given", () => {
  const sweep = ["--shape", "8x8x8:relu", "--sweep", "m=1..16"];
  const { plan } = readCommand([...sweep, "--filter", "16x", "--pass", "forward,training"])!;
  assertEquals(plan.suite, "shapes");
  assertEquals(plan.workloads.map(labelOf), ["16x8x8-relu", "16x8x8-relu training"]);
});

Deno.test("readCommand() times the model that readModelOf() read, on the batch that is given", () =>
  inFolder({
    "net.json": JSON.stringify({
      layers: [
        { class_name: "Dense", config: { name: "a", units: 3, activation: "relu" } },
        { class_name: "Dense", config: { name: "b", units: 2, use_bias: false } },
      ],
    }),
    "net.safetensors": safetensors({
      "a.kernel": [[4, 3], new Float32Array(12)],
      "a.bias": [[3], new Float32Array(3)],
      "b.kernel": [[3, 2], new Float32Array(6)],
    }),
  }, async (folder) => {
    const args = ["--model", `${folder}/net.json`, "--pass", "backward,forward"];
    const { plan } = readCommand(args, await readModelOf(args))!;
    assertEquals(plan.workloads.map(labelOf), [
      "net-a backward",
      "net-a",
      "net-b backward",
      "net-b",
      "net",
    ]);
    assertEquals(plan.workloads.map(({ m }) => m), [32, 32, 32, 32, 32]);
    const batch = readCommand([...args, "--batch", "7"], await readModelOf(args))!;
    assertEquals(batch.plan.workloads[0]?.m, 7);
    const missing = ["--model", `${folder}/other.json`];
    await assertRejects(() => readModelOf(missing), ModelFileError, "there is no such file");
    assertEquals(await readModelOf([...missing, "--help"]), null);
  }));
