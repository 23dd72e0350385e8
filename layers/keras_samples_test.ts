import { assert, assertEquals } from "@std/assert";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { BatchNormalization } from "./batch_normalization.ts";
import { Dense } from "./dense.ts";
import samples from "./fixtures/keras_samples.json" with { type: "json" };
import { foldLayers } from "./fold.ts";
import { formulaKernelsHere } from "./formula_kernels_testing.ts";
import { modelFromConfig } from "./from_config.ts";
import { layerObject } from "./sequential_config.ts";
import type { Sequential } from "./sequential.ts";

type SampleName = Exclude<keyof typeof samples, "$note">;
const names = Object.keys(samples).filter((name) => name !== "$note") as SampleName[];

/** A sample's model with its weights. */
function modelOf(kernel: Kernel, name: SampleName): Sequential {
  const { model: config, weights } = samples[name];
  const model = modelFromConfig(kernel, config);
  assertEquals(model.variables.map(({ name }) => name), weights.map(({ name }) => name));
  model.setWeights(weights.map(({ shape, values }) => ({ shape, data: values })));
  return model;
}

async function outputsOf(model: Sequential, name: SampleName): Promise<number[]> {
  const { input } = samples[name];
  using x = model.kernel.tensor([input.length, input[0]!.length], input.flat());
  using y = model.predict(x);
  return [...await y.read()];
}

function assertNear(got: readonly number[], expected: readonly number[], what: string): void {
  assertEquals(got.length, expected.length, what);
  for (const [i, value] of got.entries()) {
    const wanted = expected[i]!;
    assert(
      Math.abs(value - wanted) <= 3e-6 * Math.max(1, Math.abs(wanted)),
      `${what} ${i}: ${value}, not ${wanted}`,
    );
  }
}

for (const kernelName of await formulaKernelsHere()) {
  for (const name of names) {
    Deno.test(`${kernelName}: ${name} of Keras or TensorFlow.js gives its outputs, also once written and read again`, async () => {
      await using kernel = await createKernel(kernelName);
      using model = modelOf(kernel, name);
      const expected = samples[name].output.flat();
      const outputs = await outputsOf(model, name);
      if (name === "int8_mlp" && kernel.traits.rounding === "nearest") {
        // Keras's own float32, to the bit.
        assertEquals(outputs, expected);
      } else assertNear(outputs, expected, name);
      const written = JSON.parse(JSON.stringify(layerObject(model)));
      using again = modelFromConfig(kernel, written);
      again.setWeights(await model.getWeights());
      assertEquals(await outputsOf(again, name), outputs);
    });
  }

  Deno.test(`${kernelName}: a BatchNormalization folded into the Dense after it gives Keras's outputs`, async () => {
    await using kernel = await createKernel(kernelName);
    for (const name of ["sequential_bn", "tfjs_bn"] as const) {
      using model = modelOf(kernel, name);
      const at = model.layers.findIndex((layer) => layer instanceof BatchNormalization);
      const next = model.layers.findIndex((layer, i) => i > at && layer instanceof Dense);
      using folded = foldLayers(
        model.layers[at] as BatchNormalization,
        model.layers[next] as Dense,
      );
      assertEquals(folded.useBias, true);
      using layers = new DisposableStack();
      const { input, output } = samples[name];
      let x = layers.use(kernel.tensor([input.length, input[0]!.length], input.flat()));
      for (const [i, layer] of model.layers.entries()) {
        if (i >= at && i < next) continue;
        x = layers.use((i === next ? folded : layer).predict(x));
      }
      assertNear([...await x.read()], output.flat(), name);
    }
  });
}

Deno.test("getConfig() of layers is what Keras 3 wrote into the samples", async () => {
  await using kernel = await createKernel("naive");
  for (
    const name of ["sequential_bn", "normalization_mlp", "functional_mlp", "int8_mlp"] as const
  ) {
    using model = modelOf(kernel, name);
    const written = (samples[name].model.config.layers as readonly {
      class_name: string;
      config: Record<string, unknown>;
    }[])
      .filter(({ class_name }) => class_name !== "InputLayer");
    for (const [i, { class_name, config }] of written.entries()) {
      const layer = model.layers[i]!;
      const own: Record<string, unknown> = { ...layer.getConfig!() };
      // A seed is drawn where there was none, and renorm is no argument here.
      if (class_name === "Dropout") own.seed = null;
      const { renorm: _, renorm_clipping: _c, renorm_momentum: _m, ...rest } = config;
      assertEquals(JSON.parse(JSON.stringify(own)), rest, layer.name);
      assertEquals(layer.className, class_name);
    }
  }
});
