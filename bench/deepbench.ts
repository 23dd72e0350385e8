/**
 * Baidu's DeepBench (code/kernels/gemm_problems.h, Apache-2.0): its shapes for
 * inference on devices, and those for training that take one processor no more
 * than seconds; with the times that it published for other machines, as context.
 * Its matrices are stored by columns, so that its M is a layer's units, its N
 * the rows of the batch, its K the inputs.
 *
 * @module
 */
import type { Published } from "../results/schema.ts";
import { type Workload, workloadFlops } from "./workload.ts";

type Shape = readonly [units: number, rows: number, inputs: number];

// Milliseconds, products without transposes: DeepBench's result sheets, of 8-bit integers.
const deviceNames = ["Raspberry Pi 3, int8", "iPhone 6, int8", "iPhone 7, int8"];
const device: readonly (readonly [Shape, readonly number[]])[] = [
  [[5124, 700, 2048], [815.305, 406.692, 212.836]],
  [[35, 700, 2048], [7.857, 3.641, 1.941]],
  [[3072, 1, 1024], [14.94, 10.009, 3.71]],
  [[64, 1, 1216], [0.967, 0.324, 0.164]],
  [[3072, 1500, 1024], [516.623, 255.098, 136.634]],
  [[128, 1500, 1280], [26.02, 13.379, 7.245]],
  [[3072, 1500, 128], [97.401, 38.624, 19.523]],
  [[128, 1, 1024], [0.752, 0.312, 0.162]],
  [[3072, 1, 128], [1.365, 0.941, 0.481]],
  [[176, 1500, 1408], [44.304, 23.927, 12.733]],
  [[4224, 1500, 176], [181.151, 77.323, 40.365]],
  [[128, 1, 1408], [1.035, 0.461, 0.256]],
  [[4224, 1, 128], [2.071, 1.215, 0.91]],
];

// The same for float32.
const serverNames = ["NVIDIA V100, float32", "GTX 1080 Ti, float32", "Xeon Phi 7250, float32"];
const server: readonly (readonly [Shape, readonly number[]])[] = [
  [[1760, 16, 1760], [0.038, 0.058, 0.077]],
  [[1760, 128, 1760], [0.088, 0.123, 0.277]],
  [[2048, 64, 2048], [0.063, 0.098, 0.18]],
  [[2560, 16, 2560], [0.051, 0.151, 0.115]],
  [[2560, 64, 2560], [0.075, 0.127, 0.307]],
  [[4096, 16, 4096], [0.11, 0.396, 0.338]],
  [[7680, 64, 2560], [0.201, 0.284, 0.778]],
  [[1024, 700, 512], [0.067, 0.085, 0.319]],
  [[512, 16, 512], [0.01, 0.011, 0.021]],
  [[1024, 16, 512], [0.011, 0.011, 0.027]],
];

const all = [
  ...device.map(([shape, times]) => ({ shape, times, devices: deviceNames, kind: "device" })),
  ...server.map(([shape, times]) => ({ shape, times, devices: serverNames, kind: "training" })),
];

/** In our terms. */
function shapeOf([n, m, k]: Shape): Pick<Workload, "m" | "n" | "k"> {
  return { m, n, k };
}

function nameOf(shape: Shape): string {
  return `db-${shape.join("x")}`;
}

/** DeepBench's shapes as linear layers without a bias. */
export const deepbench: readonly Workload[] = all.map(({ shape, kind }) => {
  const description = `DeepBench ${kind} ${shape.join(" x ")}`;
  const name = nameOf(shape);
  return { name, description, ...shapeOf(shape), activation: "linear", useBias: false };
});

/** What DeepBench published for its shapes; a multiply-add of 8-bit integers counts as two operations too. */
export const deepbenchFigures: readonly Published[] = all.flatMap(({ shape, times, devices }) =>
  times.map((milliseconds, i) => ({
    workload: nameOf(shape),
    device: devices[i]!,
    gflops: workloadFlops(shapeOf(shape)) / milliseconds / 1e6,
    source: "baidu-research/DeepBench, result sheets (commit da81ba7)",
  }))
);
