import { assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import { isMissing, readBytes, readNpy } from "../../layers/real_data_testing.ts";
import { readInput } from "../../models/input.ts";
import { readModel } from "../../models/model.ts";
import { inFolder, npy, safetensors } from "../../models/files_testing.ts";
import { verifyModels } from "./verify_model.ts";

const here = await kernelsHere();

async function openAll(stack: AsyncDisposableStack): Promise<Kernel[]> {
  const kernels: Kernel[] = [];
  for (const name of here) {
    kernels.push(stack.use(await createKernel(name, { serialBelow: 0 })));
  }
  return kernels;
}

const mnist = {
  class_name: "Sequential",
  config: {
    layers: [
      { class_name: "InputLayer", config: { batch_shape: [null, 28, 28] } },
      { class_name: "Flatten", config: {} },
      ...[[50, "sigmoid"], [100, "sigmoid"], [10, "softmax"]].map(([units, activation], i) => ({
        class_name: "Dense",
        config: { name: `fc${i + 1}`, units, activation },
        weights: { kernel: `W${i + 1}`, bias: `b${i + 1}` },
      })),
    ],
  },
};

// The published accuracy of the network (Deep Learning from Scratch, ch03), layers/real_networks_test.ts.
Deno.test({
  name: "verifyModels() passes the MNIST network on all its 10000 images, 9352 of them right",
  ignore: isMissing("mnist/t10k-images-idx3-ubyte.gz"),
  fn: async () => {
    const pixels = (await readBytes("mnist/t10k-images-idx3-ubyte.gz")).subarray(16);
    const labels = (await readBytes("mnist/t10k-labels-idx1-ubyte.gz")).subarray(8);
    const images = Float32Array.from(pixels, (pixel) => pixel / 255);
    const files: Record<string, Uint8Array | string> = {
      "mnist.json": JSON.stringify(mnist),
      "x.npy": npy([labels.length, 28, 28], images),
    };
    for (const name of ["W1", "b1", "W2", "b2", "W3", "b3"]) {
      files[`${name}.npy`] = await readBytes(`mnist_mlp/${name}.npy`);
    }
    await inFolder(files, async (folder) => {
      const model = await readModel(`${folder}/mnist.json`);
      const input = await readInput(`${folder}/x.npy`, model);
      assertEquals([input.rows, input.of], [10000, 10000]);
      await using stack = new AsyncDisposableStack();
      const right: Record<string, number> = {};
      // All kernels on all images are layers/real_networks_test.ts's; here the float64 network takes the time.
      const kernels = (await openAll(stack)).filter(({ name }) => name === "wasm-simd");
      const reports = await verifyModels(kernels, model, input, {
        onBatch: (kernel, firstRow, results) => {
          if (!results) return;
          for (let at = 0, row = firstRow; at < results.length; at += 10, row++) {
            const scores = results.subarray(at, at + 10);
            const hit = scores.indexOf(Math.max(...scores)) === labels[row];
            right[kernel] = (right[kernel] ?? 0) + Number(hit);
          }
        },
      });
      for (const { kernel, problem, classes, layers, endToEnd } of reports) {
        assertEquals(problem, null, kernel);
        assertEquals(right[kernel], 9352, kernel);
        assertEquals(classes?.rows, 10000, kernel);
        // 9352 holds on every kernel because hardly a row is near a tie.
        assertLess(classes?.undecided ?? Infinity, 30, kernel);
        assertEquals(layers.map(({ m, n, k }) => [m, n, k]), [
          [10000, 50, 784],
          [10000, 100, 50],
          [10000, 10, 100],
        ]);
        assertGreater(layers[0]?.worst?.share ?? 0, 0, kernel);
        assertLess(endToEnd.share, 1, kernel);
      }
      assertEquals(reports.length, 1);
    });
  },
});

Deno.test({
  name: "verifyModels() passes the MLPerf Tiny network, from safetensors in PyTorch's order",
  ignore: isMissing("mlperf_tiny_ad/normal_id_01_00000000_hist_librosa.bin"),
  fn: async () => {
    const arrays: Record<string, [shape: number[], values: Float32Array]> = {};
    const layers: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      const stem = `mlperf_tiny_ad/fp32/layer${String(i).padStart(2, "0")}`;
      const { shape: [inputs = 0, units = 0], values } = await readNpy(`${stem}_kernel.npy`);
      const turned = values.map((_, at) =>
        values[(at % inputs) * units + Math.floor(at / inputs)]!
      );
      arrays[`fc${i}.weight`] = [[units, inputs], turned];
      arrays[`fc${i}.bias`] = [[units], (await readNpy(`${stem}_bias.npy`)).values];
      layers.push({
        class_name: "Dense",
        config: { name: `fc${i}`, units, activation: "linear" },
        weights: { kernel: `fc${i}.weight`, bias: `fc${i}.bias`, transposed: true },
      });
      if (i < 9) layers.push({ class_name: "Activation", config: { activation: "relu" } });
    }
    const bytes = await readBytes("mlperf_tiny_ad/normal_id_01_00000000_hist_librosa.bin");
    const frames = new Float32Array(bytes.buffer);
    const rows = frames.length / 128 - 4;
    const windows = new Float32Array(rows * 640);
    for (let t = 0; t < rows; t++) windows.set(frames.subarray(t * 128, (t + 5) * 128), t * 640);
    const files = {
      "ad.safetensors": safetensors(arrays, { model: JSON.stringify({ layers }) }),
      "x.npy": npy([rows, 640], windows),
    };
    await inFolder(files, async (folder) => {
      const model = await readModel(`${folder}/ad.safetensors`);
      const input = await readInput(`${folder}/x.npy`, model);
      await using stack = new AsyncDisposableStack();
      const scores: Record<string, number> = {};
      const reports = await verifyModels(await openAll(stack), model, input, {
        onBatch: (kernel, firstRow, results) => {
          results?.forEach((value, i) => {
            const want = windows[firstRow * 640 + i] ?? NaN;
            scores[kernel] = (scores[kernel] ?? 0) + (value - want) ** 2 / windows.length;
          });
        },
      });
      for (const { kernel, problem, layers: found } of reports) {
        assertEquals(problem, null, kernel);
        assertEquals(found.length, 19);
        assertLess(Math.abs((scores[kernel] ?? NaN) - 9.707107813), 1e-4, kernel);
      }
    });
  },
});
