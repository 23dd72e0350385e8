/**
 * What `deno task against-litert` runs in each runtime, bundled into one file: dense
 * layers with relu on wasm-simd and on LiteRT.js, in turns in one process, of
 * whole numbers, so that both must compute exactly what the definition says.
 *
 * @module
 */
// @ts-types="../../types/litertjs_core.d.ts"
import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";
import { createRandom } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { build, startLiteRt } from "../peers/litert_start.ts";
import { denseModel } from "../peers/tflite.ts";

/** What the program is told, as a global. */
export interface Settings {
  /** Where files of LiteRT.js are served: the address of a folder. */
  readonly files: string;
  readonly shapes: readonly { readonly m: number; readonly n: number; readonly k: number }[];
  readonly rounds: number;
  /** How long each is timed in a round. */
  readonly milliseconds: number;
}

/** Milliseconds of a call in each round. */
export interface Times {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** What the program found. */
export interface Found {
  readonly version: string;
  /** What wasm-simd says of its code. */
  readonly device: string;
  /** By shape. */
  readonly times: readonly Times[];
}

const scope = globalThis as unknown as {
  readonly settings: Settings;
  readonly document?: unknown;
  readonly navigator: { readonly userAgent?: string };
  outcome?: Promise<Found>;
};

/** Starts LiteRT.js: in a page as its users do, elsewhere from its files. */
async function start(files: string): Promise<void> {
  if (scope.document !== undefined) return void await loadLiteRt(files);
  const loader = await fetch(`${files}${build}.js`);
  const code = await fetch(`${files}${build}.wasm`);
  await startLiteRt(await loader.text(), await code.bytes());
}

type Shape = Settings["shapes"][number];

/** relu(x · weight + bias), as it is defined. */
function defined(
  { m, n, k }: Shape,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
): Float32Array {
  const y = new Float32Array(m * n);
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.set(bias);
    for (let p = 0; p < k; p++) {
      const factor = x[i * k + p]!;
      for (let j = 0; j < n; j++) sums[j]! += factor * weight[p * n + j]!;
    }
    for (let j = 0; j < n; j++) y[i * n + j] = Math.max(0, sums[j]!);
  }
  return y;
}

function check(who: string, { m, n, k }: Shape, y: Float32Array, expected: Float32Array): void {
  const wrong = y.length === expected.length ? y.findIndex((value, i) => value !== expected[i]) : 0;
  if (wrong < 0) return;
  throw new Error(
    `${who} at ${m}x${n}x${k}: element ${wrong} is ${y[wrong]}, which must be ${expected[wrong]}`,
  );
}

/** Checks both at a shape, and times them in turns. */
async function timeShape(kernel: Kernel, shape: Shape, settings: Settings): Promise<Times> {
  const { m, n, k } = shape;
  const random = createRandom(1);
  const whole = (length: number) => Float32Array.from({ length }, () => random.between(-8, 8));
  const [values, weight, bias] = [whole(m * k), whole(k * n), whole(n)];
  const expected = defined(shape, values, weight, bias);

  const [x, w, b] = [
    kernel.tensor([m, k], values),
    kernel.tensor([k, n], weight),
    kernel.tensor([n], bias),
  ];
  const y = kernel.tensor([m, n]);
  const ours = () => kernel.dense(x, w, b, "relu", y);

  const bytes = denseModel({ m, n, k, activation: "relu", weight, bias });
  const model = await loadAndCompile(bytes, { accelerator: "wasm" });
  const input = new Tensor(values, [m, k]);
  let output: Tensor | undefined;
  const theirs = async () => {
    output?.delete();
    [output] = await model.run(input);
  };

  // Some calls first, in which weights are packed and code is optimised.
  for (let call = 0; call < 20; call++) {
    ours();
    await theirs();
    if (call === 0 || call === 19) {
      check("wasm-simd", shape, await y.read(), expected);
      check("LiteRT.js", shape, output!.toTypedArray(), expected);
    }
  }
  const timed = async (call: () => void | Promise<void>) => {
    const start = performance.now();
    let calls = 0;
    let time = 0;
    do {
      const done = call();
      if (done) await done;
      calls++;
      time = performance.now() - start;
    } while (time < settings.milliseconds);
    return time / calls;
  };
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < settings.rounds; round++) {
    const first = random.uniform() < 0.5;
    if (first) times.ours.push(await timed(ours));
    times.theirs.push(await timed(theirs));
    if (!first) times.ours.push(await timed(ours));
  }
  for (const tensor of [x, w, b, y]) tensor[Symbol.dispose]();
  for (const tensor of [input, output, model]) tensor?.delete();
  return times;
}

async function run(settings: Settings): Promise<Found> {
  const kernel = await createKernel("wasm-simd");
  await start(settings.files);
  const times: Times[] = [];
  for (const shape of settings.shapes) times.push(await timeShape(kernel, shape, settings));
  const { device } = kernel.traits;
  await kernel[Symbol.asyncDispose]();
  return { version: scope.navigator.userAgent ?? "", device, times };
}

const outcome = run(scope.settings);
if (scope.document !== undefined) scope.outcome = outcome;
else {
  outcome.then((found) => {
    // deno-lint-ignore no-console -- of all that print a line, the one that Node and Deno have
    console.log(JSON.stringify(found));
  });
}
