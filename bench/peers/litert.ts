/**
 * LiteRT.js, Google's runtime for TensorFlow Lite models in WebAssembly: XNNPACK
 * with relaxed SIMD, the fastest such product that was found. On one thread; its
 * threads start in browsers only. The batch is a part of the model, and `run()`
 * makes a new output at each call, as its users have it.
 *
 * @module
 */
// @ts-types="../../types/litertjs_core.d.ts"
import { type CompiledModel, loadAndCompile, Tensor } from "@litertjs/core";
import type { Cell, Contender } from "../contender.ts";
import { declared, type Errors } from "./declared.ts";
import { build, startLiteRt } from "./litert_start.ts";
import type { DenseModel } from "./onnx.ts";
import { denseModel } from "./tflite.ts";

const errors: Errors = {
  linear: { ulp: 0 },
  relu: { ulp: 0 },
  sigmoid: { ulp: 5 },
  tanh: { ulp: 4 },
  softmax: { ulp: 4 },
  gelu: { ulp: 4, absolute: 2 ** -22 },
  gelu_tanh: { ulp: 4, absolute: 2 ** -22 },
};

/** Starts the build with relaxed SIMD, which Deno has; without it this is an error that says so. */
async function start(): Promise<void> {
  const folder = new URL("../wasm/", import.meta.resolve("@litertjs/core"));
  await startLiteRt(
    await Deno.readTextFile(new URL(`${build}.js`, folder)),
    await Deno.readFile(new URL(`${build}.wasm`, folder)),
  );
}

// One runtime for a process: a second one is refused.
let started: Promise<void> | null = null;

function compile(model: DenseModel): Promise<CompiledModel> {
  return loadAndCompile(denseModel(model), { accelerator: "wasm" });
}

async function forward(model: CompiledModel, x: Tensor): Promise<Tensor> {
  const [y] = await model.run(x);
  if (!y) throw new Error("the model has no output");
  return y;
}

/** A copy of what a tensor holds, which is then deleted. */
function take(tensor: Tensor): Float32Array {
  const values = Float32Array.from(tensor.toTypedArray());
  tensor.delete();
  return values;
}

/** litert as a contender. */
export async function createPeer(): Promise<Contender> {
  await (started ??= start());
  return {
    name: "litert",
    peer: true,
    device: "WebAssembly",
    threads: 1,
    method: "FULLY_CONNECTED and activation of LiteRT.js 2.5.3; XNNPACK with relaxed SIMD",
    ...declared(errors),
    prepare: async (workload, { x: values, weight, bias }): Promise<Cell> => {
      const { m, k } = workload;
      const model: DenseModel = { ...workload, weight, bias };
      const compiled = await compile(model);
      const x = new Tensor(values, [m, k]);
      let y: Tensor | null = null;
      const run = async () => {
        y?.delete();
        y = null;
        y = await forward(compiled, x);
      };
      const output = () => {
        if (y === null) throw new Error("nothing was computed yet");
        return Float32Array.from(y.toTypedArray());
      };
      return {
        run,
        finished: () => Promise.resolve(),
        output: () => Promise.resolve(output()),
        outputs: async () => {
          await run();
          // A model of its own for z: one that returned both could not fuse them.
          const linear = await compile({ ...model, activation: "linear" });
          const z = take(await forward(linear, x));
          linear.delete();
          return { y: output(), z };
        },
        [Symbol.dispose]: () => {
          y?.delete();
          x.delete();
          compiled.delete();
        },
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
