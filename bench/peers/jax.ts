/**
 * jax-js, which compiles array expressions to WebAssembly or WGSL: the layer as
 * one jitted function. Its `wasm` device starts a worker for every core and is
 * asynchronous, so each call is awaited; calls of `webgpu` are queued.
 *
 * @module
 */
import { type Array, defaultDevice, init, jit, nn, numpy } from "@jax-js/jax";
import { processors } from "../../common/processors.ts";
import type { Activation } from "../../kernels/activation.ts";
import type { Cell, Contender } from "../contender.ts";
import { declared, entryOf, type Errors } from "./declared.ts";

const activations: Partial<Record<Activation, (z: Array) => Array>> = {
  linear: (z) => z,
  relu: (z) => nn.relu(z),
  sigmoid: (z) => nn.sigmoid(z),
  tanh: (z) => numpy.tanh(z),
  softmax: (z) => nn.softmax(z),
  gelu: (z) => nn.gelu(z, { approximate: false }),
  gelu_tanh: (z) => nn.gelu(z, { approximate: true }),
};

const errors: Errors = {
  linear: { ulp: 0 },
  relu: { ulp: 0 },
  sigmoid: { ulp: 5 },
  tanh: { ulp: 4, absolute: 2 ** -22 },
  softmax: { ulp: 4 },
  gelu: { ulp: 4, absolute: 2 ** -20 },
  gelu_tanh: { ulp: 4, absolute: 2 ** -20 },
};

/** jax-js as a contender. */
export function createPeer(): Promise<Contender> {
  return createJax("wasm", {
    name: "jax-js",
    device: "WebAssembly",
    threads: processors(),
  });
}

/** jax-js on one of its devices. */
export async function createJax(
  device: "wasm" | "webgpu",
  own: Pick<Contender, "name" | "device" | "threads">,
): Promise<Contender> {
  if (!(await init(device)).includes(device)) {
    throw new Error(`jax-js has no ${device} device here`);
  }
  // The default device is shared by the whole process, so by both jax-js peers.
  const use = () => void defaultDevice(device);
  return {
    ...own,
    peer: true,
    method: "jit of matmul, bias and activation of jax-js 0.1.25",
    ...declared(errors),
    prepare: ({ m, n, k, activation }, data): Cell => {
      use();
      // A function consumes its arguments; `ref` keeps them for the next call.
      const dense = (name: Activation) => {
        const activation = entryOf(activations, name);
        return jit((x: Array, weight: Array, ...biases: Array[]) =>
          activation(biases.reduce((z, bias) => z.add(bias), numpy.matmul(x, weight)))
        );
      };
      const array = (values: Float32Array, shape: number[]) =>
        numpy.array(values.slice(), { device }).reshape(shape);
      const x = array(data.x, [m, k]);
      const weight = array(data.weight, [k, n]);
      const biases = data.bias ? [array(data.bias, [n])] : [];
      const forward = dense(activation);
      const call = async (f: typeof forward) => {
        use();
        return await f(x.ref, weight.ref, ...biases.map((bias) => bias.ref)).blockUntilReady();
      };
      let y: Array | null = null;
      const run = async () => {
        y?.dispose();
        y = null;
        y = await call(forward);
      };
      // What is queued is computed only once it is waited for.
      let queued: Promise<Array>[] = [];
      const queue = () => void queued.push(call(forward));
      const finished = async () => {
        for (const array of await Promise.all(queued)) {
          y?.dispose();
          y = array;
        }
        queued = [];
      };
      const read = async (array: Array | null) => {
        if (!array) throw new Error("nothing was computed yet");
        return Float32Array.from(await array.ref.data());
      };
      return {
        run: device === "wasm" ? run : queue,
        finished,
        output: async () => {
          await finished();
          return await read(y);
        },
        outputs: async () => {
          await finished();
          await run();
          const linear = dense("linear");
          const z = await call(linear);
          const both = { y: await read(y), z: await read(z) };
          z.dispose();
          linear.dispose();
          return both;
        },
        [Symbol.dispose]: () => {
          for (const array of [x, weight, ...biases, y]) array?.dispose();
          forward.dispose();
        },
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
