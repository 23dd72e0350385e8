/**
 * TensorFlow.js's backend on a GPU.
 *
 * @module
 */
import "@tensorflow/tfjs-backend-webgpu";
import type { Contender } from "../contender.ts";
import { createTfjs } from "./tfjs.ts";

/** tfjs-webgpu as a contender. */
export function createPeer(): Promise<Contender> {
  return createTfjs({
    backend: "webgpu",
    device: "WebGPU",
    method: "matMul of TensorFlow.js 4.22.0, fused with bias, relu and sigmoid",
    // WGSL's own functions: 2.5 ULP for a division, 1e-5 for tanh.
    errors: { linear: { ulp: 0 }, relu: { ulp: 0 }, sigmoid: { ulp: 200 } },
  });
}
