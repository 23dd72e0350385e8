import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Activation } from "../kernels/activation.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { Dense } from "./dense.ts";
import { Sequential } from "./sequential.ts";
import { isMissing, readBytes, readNpy } from "./real_data_testing.ts";

const here = await kernelsHere();

/** A stack of Dense layers from pairs of .npy files, [inputs, units] and [units]. */
async function load(
  kernel: Kernel,
  files: readonly (readonly [weight: string, bias: string, activation: Activation])[],
): Promise<Sequential> {
  const layers = await Promise.all(files.map(async ([weightFile, biasFile, activation]) => {
    const weight = await readNpy(weightFile);
    const bias = await readNpy(biasFile);
    const layer = new Dense(kernel, { units: bias.values.length, activation });
    layer.build([null, weight.shape[0] ?? 0]);
    layer.setWeights([weight.values, bias.values]);
    return layer;
  }));
  return new Sequential(kernel, layers);
}

// The published accuracy of the network (Deep Learning from Scratch, ch03) on the MNIST test set.
Deno.test({
  name: "the MNIST network is right on 9352 of 10000 test images, on every kernel",
  ignore: isMissing("mnist/t10k-images-idx3-ubyte.gz"),
  fn: async () => {
    const pixels = (await readBytes("mnist/t10k-images-idx3-ubyte.gz")).subarray(16);
    const labels = (await readBytes("mnist/t10k-labels-idx1-ubyte.gz")).subarray(8);
    const images = Float32Array.from(pixels, (pixel) => pixel / 255);
    for (const name of here) {
      await using kernel = await createKernel(name);
      using model = await load(kernel, [
        ["mnist_mlp/W1.npy", "mnist_mlp/b1.npy", "sigmoid"],
        ["mnist_mlp/W2.npy", "mnist_mlp/b2.npy", "sigmoid"],
        ["mnist_mlp/W3.npy", "mnist_mlp/b3.npy", "softmax"],
      ]);
      using x = kernel.tensor([labels.length, 784], images);
      using y = model.predict(x);
      const scores = await y.read();
      let right = 0;
      for (const [i, label] of labels.entries()) {
        const row = scores.subarray(i * 10, i * 10 + 10);
        if (row.indexOf(Math.max(...row)) === label) right++;
      }
      assertEquals(right, 9352, name);
    }
  },
});

// The score of the MLPerf Tiny anomaly detection reference model on its clip, from its own weights.
Deno.test({
  name: "the MLPerf Tiny network gives its clip the score 9.7071, on every kernel",
  ignore: isMissing("mlperf_tiny_ad/normal_id_01_00000000_hist_librosa.bin"),
  fn: async () => {
    const bytes = await readBytes("mlperf_tiny_ad/normal_id_01_00000000_hist_librosa.bin");
    const frames = new Float32Array(bytes.buffer);
    const windows = frames.length / 128 - 4;
    // Window t is the five frames from t on, one after the other.
    const inputs = new Float32Array(windows * 640);
    for (let t = 0; t < windows; t++) {
      inputs.set(frames.subarray(t * 128, (t + 5) * 128), t * 640);
    }
    for (const name of here) {
      await using kernel = await createKernel(name);
      using model = await load(
        kernel,
        Array.from({ length: 10 }, (_, i) => {
          const layer = `mlperf_tiny_ad/fp32/layer${String(i).padStart(2, "0")}`;
          return [`${layer}_kernel.npy`, `${layer}_bias.npy`, i < 9 ? "relu" : "linear"] as const;
        }),
      );
      using x = kernel.tensor([windows, 640], inputs);
      using y = model.predict(x);
      const outputs = await y.read();
      const score = outputs.reduce((sum, value, i) => sum + (value - inputs[i]!) ** 2, 0) /
        outputs.length;
      assertAlmostEquals(score, 9.707107813, 1e-4, name);
    }
  },
});
