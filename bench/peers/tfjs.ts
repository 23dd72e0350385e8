/**
 * What TensorFlow.js's backends have in common: a dense layer as its users write
 * it, with `tf.fused.matMul` where that has the activation. Inputs stay on the
 * backend; an output is disposed when the next one is made.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Activation } from "../../kernels/activation.ts";
import type { Cell, Contender } from "../contender.ts";
import { declared, entryOf, type Errors } from "./declared.ts";

/** What differs between the backends. */
export interface TfjsTraits {
  readonly backend: "wasm" | "cpu" | "webgpu";
  readonly device: string;
  readonly method: string;
  readonly errors: Errors;
}

const rootTwoOverPi = Math.sqrt(2 / Math.PI);

const unfused: Partial<Record<Activation, (z: tf.Tensor) => tf.Tensor>> = {
  tanh: (z) => tf.tanh(z),
  softmax: (z) => tf.softmax(z),
  // tfjs has no gelu; this is how Keras writes it.
  gelu: (z) => tf.mul(tf.mul(z, 0.5), tf.add(tf.erf(tf.mul(z, Math.SQRT1_2)), 1)),
  // (1 + tanh(u))/2 is sigmoid(2u): fewer operations, and nothing cancels.
  gelu_tanh: (z) => {
    const inner = tf.add(tf.mul(tf.square(z), 2 * rootTwoOverPi * 0.044715), 2 * rootTwoOverPi);
    return tf.mul(z, tf.sigmoid(tf.mul(z, inner)));
  },
};

type Fused = "linear" | "relu" | "sigmoid";

function isFused(activation: Activation): activation is Fused {
  return activation === "linear" || activation === "relu" || activation === "sigmoid";
}

/** A backend of TensorFlow.js, which must be registered, as a contender. */
export async function createTfjs(
  { backend, device, method, errors }: TfjsTraits,
): Promise<Contender> {
  // No debugging aids, no advice on the console.
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend does not start`);
  // The backend is the whole process's. One that was started before is set when setBackend() returns.
  const use = () => {
    if (tf.getBackend() !== backend) void tf.setBackend(backend);
  };
  return {
    name: `tfjs-${backend}`,
    peer: true,
    device,
    threads: 1,
    method,
    ...declared(errors),
    prepare: ({ m, n, k, activation }, data): Cell => {
      use();
      const x = tf.tensor2d(data.x, [m, k]);
      const weight = tf.tensor2d(data.weight, [k, n]);
      const bias = data.bias && tf.tensor1d(data.bias);
      const dense = (activation: Fused): tf.Tensor =>
        bias || activation !== "linear"
          ? tf.fused.matMul({ a: x, b: weight, ...(bias && { bias }), activation })
          : tf.matMul(x, weight);
      const forward = isFused(activation)
        ? () => dense(activation)
        : () => tf.tidy(() => entryOf(unfused, activation)(dense("linear")));
      let y: tf.Tensor | null = null;
      const run = () => {
        use();
        y?.dispose();
        y = null;
        y = forward();
      };
      const read = async (tensor: tf.Tensor | null) => {
        if (!tensor) throw new Error("nothing was computed yet");
        return Float32Array.from(await tensor.data());
      };
      return {
        run,
        // A GPU's queue ends with what is read from it.
        finished: async () => {
          if (backend === "webgpu" && y) await y.data();
        },
        output: () => read(y),
        outputs: async () => {
          run();
          const z = dense("linear");
          const both = { y: await read(y), z: await read(z) };
          z.dispose();
          return both;
        },
        [Symbol.dispose]: () => {
          use();
          tf.dispose([x, weight, ...(bias ? [bias] : []), ...(y ? [y] : [])]);
        },
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
