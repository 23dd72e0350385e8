/**
 * TensorFlow.js's WebAssembly backend: XNNPACK, which also keeps the weight
 * packed between calls. On one thread; its threads start in browsers only.
 *
 * @module
 */
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import type { Contender } from "../contender.ts";
import { createTfjs } from "./tfjs.ts";

/** tfjs-wasm as a contender. */
export function createPeer(): Promise<Contender> {
  setThreadsCount(1);
  return createTfjs({
    backend: "wasm",
    device: "WebAssembly",
    method: "matMul of TensorFlow.js 4.22.0, fused with bias, relu and sigmoid; XNNPACK",
    errors: {
      linear: { ulp: 0 },
      relu: { ulp: 0 },
      sigmoid: { ulp: 5 },
      tanh: { ulp: 4 },
      softmax: { ulp: 4 },
      gelu: { ulp: 4, absolute: 2 ** -22 },
      gelu_tanh: { ulp: 4, absolute: 2 ** -22 },
    },
  });
}
