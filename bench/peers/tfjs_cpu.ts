/**
 * TensorFlow.js's backend in plain JavaScript.
 *
 * @module
 */
import "@tensorflow/tfjs-backend-cpu";
import type { Contender } from "../contender.ts";
import { createTfjs } from "./tfjs.ts";

/** tfjs-cpu as a contender. */
export function createPeer(): Promise<Contender> {
  return createTfjs({
    backend: "cpu",
    device: "JavaScript",
    method: "matMul of TensorFlow.js 4.22.0, with bias, relu and sigmoid",
    errors: {
      linear: { ulp: 0 },
      relu: { ulp: 0 },
      sigmoid: { ulp: 1 },
      tanh: { ulp: 1 },
      softmax: { ulp: 4 },
      // Its erf is good to 1.5e-7 (Abramowitz & Stegun 7.1.26).
      gelu: { ulp: 4, absolute: 2 ** -20 },
      gelu_tanh: { ulp: 4, absolute: 2 ** -22 },
    },
  });
}
