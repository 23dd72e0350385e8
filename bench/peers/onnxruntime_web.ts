/**
 * ONNX Runtime Web's WebAssembly backend (MLAS): the layer as a model of one or
 * two nodes with its weights inside. On one thread; its threads start in
 * browsers only. Each call copies x in and y out, as its interface requires.
 *
 * @module
 */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Cell, Contender } from "../contender.ts";
import { declared, type Errors } from "./declared.ts";
import { type DenseModel, denseModel } from "./onnx.ts";

const errors: Errors = {
  linear: { ulp: 0 },
  relu: { ulp: 0 },
  sigmoid: { ulp: 4, absolute: 2 ** -22 },
  tanh: { ulp: 8 },
  softmax: { ulp: 4 },
  gelu: { ulp: 4, absolute: 2 ** -22 },
  gelu_tanh: { ulp: 4, absolute: 2 ** -19 },
};

function createSession(model: DenseModel): Promise<InferenceSession> {
  return InferenceSession.create(denseModel(model), { executionProviders: ["wasm"] });
}

async function forward(session: InferenceSession, x: Tensor): Promise<Float32Array> {
  const { y } = await session.run({ x });
  if (!(y?.data instanceof Float32Array)) throw new Error("the model has no output y");
  return y.data;
}

/** Loads the runtime by a first session, so that a failure is noticed here. */
async function start(): Promise<void> {
  env.wasm.numThreads = 1;
  // It replaces the global Worker by Node's, which would break other users of workers.
  const { Worker } = globalThis;
  try {
    const one = new Float32Array(1);
    const model: DenseModel = { m: 1, n: 1, k: 1, activation: "linear", weight: one, bias: null };
    await (await createSession(model)).release();
  } finally {
    globalThis.Worker = Worker;
  }
}

/** onnxruntime-web as a contender. */
export async function createPeer(): Promise<Contender> {
  await start();
  return {
    name: "onnxruntime-web",
    peer: true,
    device: "WebAssembly",
    threads: 1,
    method: "Gemm and activation of ONNX Runtime Web 1.30.0; x and y copied with each call",
    ...declared(errors),
    prepare: async (workload, { x: values, weight, bias }): Promise<Cell> => {
      const { m, k } = workload;
      const model: DenseModel = { ...workload, weight, bias };
      const x = new Tensor("float32", values, [m, k]);
      const session = await createSession(model);
      let y: Float32Array = new Float32Array();
      const run = async () => {
        y = await forward(session, x);
      };
      return {
        run,
        finished: () => Promise.resolve(),
        output: () => Promise.resolve(y.slice()),
        outputs: async () => {
          await run();
          if (workload.activation === "linear") return { y: y.slice(), z: y };
          // A model of its own for z: one that returned both could not fuse them.
          const linear = await createSession({ ...model, activation: "linear" });
          const z = await forward(linear, x);
          await linear.release();
          return { y: y.slice(), z };
        },
        [Symbol.dispose]: () => void session.release(),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
