/**
 * TensorFlow.js's backend in plain JavaScript.
 *
 * @module
 */
import "@tensorflow/tfjs-backend-cpu";
import type { Contestant } from "../contestant.ts";
import { createTfjs } from "./tfjs.ts";

/** tfjs-cpu as a contestant. */
export function createPeer(): Promise<Contestant> {
  return createTfjs({
    backend: "cpu",
    device: "JavaScript",
    method: "matMul of TensorFlow.js 4.22.0, with bias, relu and sigmoid",
    ulp: { linear: 0, relu: 0, sigmoid: 1, tanh: 1, softmax: 4, gelu: 4, gelu_tanh: 4 },
    // Its erf is good to 1.5e-7 (Abramowitz & Stegun 7.1.26).
    absolute: { gelu: 2 ** -20, gelu_tanh: 2 ** -22 },
  });
}
