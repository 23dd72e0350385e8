// Networks that others published, with the figures that they published. They are not part of the
// repository: the tests exist where the data do, in ../shared/data beside it or where DENSEMARK_DATA points.
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { inFolder, npy, safetensors } from "../models/files_testing.ts";
import { type ModelInput, readInput } from "../models/input.ts";
import { transpose } from "../common/matrix.ts";
import type { ModelLayer } from "../models/model.ts";
import { readModel } from "../models/read_model.ts";
import { readNpy } from "../models/npy.ts";
import { openSource } from "../models/source.ts";
import { countRight, readDigits, scale } from "./mnist.ts";
import { predictions, verifyOnKernels } from "./networks_testing.ts";

const given = Deno.env.get("DENSEMARK_DATA");
const data = given || fileURLToPath(new URL("../../shared/data", import.meta.url));

function isThere(): boolean {
  try {
    return Deno.statSync(data).isDirectory;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

// Where DENSEMARK_DATA says that they are there, they must be.
const there = Boolean(given) || isThere();
const kernels = there ? await kernelsHere() : [];

/** Registers a test of what is in a folder of the data. */
function testPublished(folder: string, name: string, test: (folder: string) => Promise<void>) {
  if (there) Deno.test(name, () => test(join(data, folder)));
}

// Deep Learning from Scratch (Saito), ch03: 93.52 %.
testPublished(
  "mnist_mlp",
  "the network of a textbook is right on 9352 of 10000 test images, on every kernel, and within its bounds",
  async (weights) => {
    const described = [[50, "sigmoid"], [100, "sigmoid"], [10, "softmax"]].map(
      ([units, activation], i) => ({
        class_name: "Dense",
        config: { units, activation },
        weights: { kernel: `W${i + 1}`, bias: `b${i + 1}` },
      }),
    );
    const { count, pixels, labels } = await readDigits("test");
    const files: Record<string, Uint8Array | string> = {
      "mlp.json": JSON.stringify({
        layers: [{ class_name: "Flatten" }, ...described],
      }),
      "x.npy": npy([count, 28, 28], scale(pixels)),
    };
    for (const name of ["W1", "b1", "W2", "b2", "W3", "b3"]) {
      files[`${name}.npy`] = await Deno.readFile(join(weights, `${name}.npy`));
    }
    await inFolder(files, async (folder) => {
      const model = await readModel(join(folder, "mlp.json"));
      const input = await readInput(join(folder, "x.npy"), model, count);
      for await (const [kernel, scores] of predictions(kernels, model, input)) {
        assertEquals(countRight(scores, labels), 9352, kernel);
      }
      const [[report], outputs] = await verifyOnKernels(["wasm-simd"], model, input);
      assertEquals(countRight(outputs.get("wasm-simd")!, labels), 9352);
      // The count holds on every kernel because hardly a row is near a tie.
      assertLess(report?.classes?.undecided ?? Infinity, 30);
    });
  },
);

/** The arrays of a network's Dense layers, relu between them. */
async function readLayers(folder: string, count: number): Promise<ModelLayer[]> {
  const layers: ModelLayer[] = [];
  for (let i = 0; i < count; i++) {
    const read = async (part: string) =>
      await readNpy(
        await openSource(join(folder, `layer${String(i).padStart(2, "0")}_${part}.npy`)),
      );
    const weight = await read("kernel");
    const [inputs = 0, units = 0] = weight.shape;
    layers.push({
      name: `fc${i}`,
      activation: i < count - 1 ? "relu" : "linear",
      inputs,
      units,
      weight: await weight.read(),
      bias: await (await read("bias")).read(),
    });
  }
  return layers;
}

/** The clip's rows: window t is the five frames from t on, one after the other. */
async function readClip(folder: string): Promise<ModelInput> {
  const clip = await Deno.readFile(join(folder, "normal_id_01_00000000_hist_librosa.bin"));
  const frames = new Float32Array(clip.buffer);
  const rows = frames.length / 128 - 4;
  const values = new Float32Array(rows * 640);
  for (let t = 0; t < rows; t++) values.set(frames.subarray(t * 128, (t + 5) * 128), t * 640);
  return { name: "clip", values, rows, of: rows, seed: null, notes: [] };
}

/** How anomalous a clip is: the mean squared error of its reconstruction. */
function scoreOf(outputs: Float32Array, { values }: ModelInput): number {
  return outputs.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0) / outputs.length;
}

// The same detector as Keras 2.4 saved it, with BatchNormalization, which is folded.
testPublished(
  "mlperf_tiny_ad",
  "ad01.h5 gives its clip the score 9.49129 and is within its bounds, on every kernel",
  async (folder) => {
    const model = await readModel(join(folder, "ad01.h5"));
    const input = await readClip(folder);
    const [reports, outputs] = await verifyOnKernels(kernels, model, input);
    assertEquals(reports.length, kernels.length);
    for (const [kernel, each] of outputs) {
      assertAlmostEquals(scoreOf(each, input), 9.49129042, 1e-4, kernel);
    }
  },
);

// The anomaly detector of MLPerf Tiny (mlcommons/tiny), its float32 model, on a clip of its data set.
testPublished(
  "mlperf_tiny_ad",
  "the MLPerf Tiny network gives its clip the score 9.7071 and is within its bounds, on every kernel",
  async (folder) => {
    const layers = await readLayers(join(folder, "fp32"), 10);
    const input = await readClip(folder);
    const expectScore = (outputs: Float32Array, kernel: string) =>
      assertAlmostEquals(scoreOf(outputs, input), 9.707107813, 1e-4, kernel);
    const asLayers = { name: "ad01", layers, inputs: 640, flatten: false, notes: [] };
    for await (const [kernel, outputs] of predictions(kernels, asLayers, input)) {
      expectScore(outputs, kernel);
    }
    // The same in a file, in PyTorch's order, with activations that are layers of their own.
    const arrays: Record<string, [shape: number[], values: Float32Array]> = {};
    const described: unknown[] = [];
    for (const { name, activation, inputs, units, weight, bias } of layers) {
      arrays[`${name}.weight`] = [[units, inputs], transpose(weight!, inputs, units)];
      arrays[`${name}.bias`] = [[units], bias!];
      const weights = { kernel: `${name}.weight`, bias: `${name}.bias`, transposed: true };
      described.push({ class_name: "Dense", config: { name, units }, weights });
      if (activation !== "linear") {
        described.push({ class_name: "Activation", config: { activation } });
      }
    }
    const file = safetensors(arrays, { model: JSON.stringify({ layers: described }) });
    await inFolder({ "ad.safetensors": file }, async (folder) => {
      const model = await readModel(join(folder, "ad.safetensors"));
      const [reports, outputs] = await verifyOnKernels(kernels, model, input);
      for (const { kernel, layers: found } of reports) {
        assertEquals(found.length, 19, kernel);
        expectScore(outputs.get(kernel)!, kernel);
      }
    });
  },
);
