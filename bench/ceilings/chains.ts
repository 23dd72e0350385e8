/**
 * Loops of nothing but multiply-adds: the fastest that arithmetic can be in
 * JavaScript and in WebAssembly. Each step is x ↦ x·0.5 + 0.75 from 1.5, which
 * stays 1.5 (JavaScript would compute a whole number by other instructions), in
 * as many independent chains as hide the latency, all in registers. One
 * instruction mix for each loop, as in likwid-bench's peakflops.
 *
 * @module
 */
import { type Local, ModuleBuilder, repeatWhile } from "../../kernels/wasm/assembler.ts";
import type { Statement, Value } from "../../kernels/wasm/encoding.ts";
import { f32, i32, v128 } from "../../kernels/wasm/instructions.ts";
import { range } from "../../kernels/range.ts";
import { multiplyAdd } from "../../kernels/wasm/microkernel.ts";

/** A loop of multiply-adds; each of the `times` of `run` has `flops` operations. */
export interface Chain {
  readonly id: string;
  /** The instructions, in words. */
  readonly what: string;
  readonly flops: number;
  /** Returns the sum of the chains at the end, 1.5 for each float, so that no compiler may leave the work out. */
  run(times: number): number;
  /** What `run` must return. */
  readonly sum: number;
}

/** How an engine compiles vectors; see `detectSimdFeatures`. */
export interface VectorOptions {
  readonly lanes: 4 | 8;
  readonly fused: boolean;
}

const chains = 12;
/** Steps of every chain in an iteration of the loop, so that counting costs nothing. */
const steps = 4;

/**
 * Iterations of a call of JavaScript's loops. They are functions that are called
 * often, since V8 optimises what is called often; code that replaces a running
 * loop (OSR) comes late, and once dropped it may never come back.
 */
const callLength = 8192;

/** As many iterations of a loop by calls of `run`, and the sum of the last one. */
function inCalls(run: (times: number) => number): (times: number) => number {
  return (times) => {
    let sum = 0;
    for (let left = times; left > 0; left -= callLength) sum = run(Math.min(left, callLength));
    return sum;
  };
}

function runDoubles(times: number): number {
  let [a, b, c, d, e, f] = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5];
  let [g, h, i, j, k, l] = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5];
  for (let time = 0; time < times; time++) {
    a = a * 0.5 + 0.75;
    b = b * 0.5 + 0.75;
    c = c * 0.5 + 0.75;
    d = d * 0.5 + 0.75;
    e = e * 0.5 + 0.75;
    f = f * 0.5 + 0.75;
    g = g * 0.5 + 0.75;
    h = h * 0.5 + 0.75;
    i = i * 0.5 + 0.75;
    j = j * 0.5 + 0.75;
    k = k * 0.5 + 0.75;
    l = l * 0.5 + 0.75;
  }
  return a + b + c + d + e + f + g + h + i + j + k + l;
}

function runSingles(times: number): number {
  const round = Math.fround;
  let [a, b, c, d, e, f] = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5];
  let [g, h, i, j, k, l] = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5];
  for (let time = 0; time < times; time++) {
    a = round(round(a * 0.5) + 0.75);
    b = round(round(b * 0.5) + 0.75);
    c = round(round(c * 0.5) + 0.75);
    d = round(round(d * 0.5) + 0.75);
    e = round(round(e * 0.5) + 0.75);
    f = round(round(f * 0.5) + 0.75);
    g = round(round(g * 0.5) + 0.75);
    h = round(round(h * 0.5) + 0.75);
    i = round(round(i * 0.5) + 0.75);
    j = round(round(j * 0.5) + 0.75);
    k = round(round(k * 0.5) + 0.75);
    l = round(round(l * 0.5) + 0.75);
  }
  return a + b + c + d + e + f + g + h + i + j + k + l;
}

const memory = { minimum: 1, maximum: 1, shared: false };
/** Addresses of factor, summand and the chains' floats. */
const places = { factor: 0, summand: 32, chains: 1024 };

/** The form of a loop on float32 chains in WebAssembly: how one is loaded, stepped and stored. */
interface Form<T extends "f32" | "v128"> {
  readonly type: T;
  /** How many locals there are, and the bytes of one. */
  readonly count: number;
  readonly bytes: number;
  load(at: number): Value<T>;
  step(a: Value<T>, factor: Value<T>, summand: Value<T>): Value<T>;
  store(at: number, a: Value<T>): Statement;
  /** Whether adjacent chains are pairs with factors of their own, which V8 can fuse. */
  readonly paired: boolean;
}

/** run(times) of a form, whose chains come from memory and go back there, the higher address first. */
function moduleOf<T extends "f32" | "v128">(form: Form<T>): Uint8Array<ArrayBuffer> {
  const { type, count, bytes, paired } = form;
  const module = new ModuleBuilder(memory);
  module.func("run", { times: "i32" }, ({ times }, scope) => {
    const locals = (length: number) => range(length).map(() => scope.local(type));
    const set = (to: Local<T>, from: Value<T>) => (to.set as (a: Value<T>) => Statement)(from);
    const [factors, summands, sums] = [
      locals(paired ? 2 : 1),
      locals(paired ? 2 : 1),
      locals(count),
    ];
    const read = (to: readonly Local<T>[], at: number) =>
      to.map((local, i) => set(local, form.load(at + bytes * i)));
    const pair = (of: readonly Local<T>[], i: number) => of[i % of.length]!;
    const step = sums.map((sum, i) =>
      set(sum, form.step(sum, pair(factors, i), pair(summands, i)))
    );
    // With gaps, unless pairs are to be fused: V8 pairs only what is adjacent.
    const gap = paired ? bytes : 2 * bytes;
    return [
      ...read(factors, places.factor),
      ...read(summands, places.summand),
      ...sums.map((sum, i) => set(sum, form.load(places.chains + gap * i))),
      repeatWhile([...range(steps).flatMap(() => step), times.set(i32.sub(times, 1))], times),
      ...sums.map((sum, i) => form.store(places.chains + gap * i, sum)).toReversed(),
    ];
  });
  return module.bytes();
}

function wasmChain<T extends "f32" | "v128">(id: string, what: string, form: Form<T>): Chain {
  const own = new WebAssembly.Memory({ initial: memory.minimum, maximum: memory.maximum });
  const floats = new Float32Array(own.buffer).fill(1.5);
  floats.fill(0.5, places.factor / 4, places.summand / 4).fill(
    0.75,
    places.summand / 4,
    places.summand / 4 + 8,
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(form)), {
    env: { memory: own },
  });
  const run = exports.run as (times: number) => void;
  const width = form.bytes / 4;
  const gap = form.paired ? width : 2 * width;
  return {
    id,
    what,
    flops: 2 * steps * form.count * width,
    sum: 1.5 * form.count * width,
    run: (times) => {
      run(times);
      let sum = 0;
      for (let i = 0; i < form.count; i++) {
        for (let lane = 0; lane < width; lane++) {
          sum += floats[places.chains / 4 + gap * i + lane]!;
        }
      }
      return sum;
    },
  };
}

const scalar: Form<"f32"> = {
  type: "f32",
  count: chains,
  bytes: 4,
  load: (at) => f32.load(0, at),
  step: (a, factor, summand) => f32.add(f32.mul(a, factor), summand),
  store: (at, a) => f32.store(0, a, at),
  paired: false,
};

function vector(fused: boolean, paired: boolean): Form<"v128"> {
  return {
    type: "v128",
    count: paired ? 2 * chains : chains,
    bytes: 16,
    load: (at) => v128.load(0, at),
    step: multiplyAdd(fused),
    store: (at, a) => v128.store(0, a, at),
    paired,
  };
}

/** The loops that this engine can run, those of JavaScript first. */
export function createChains({ lanes, fused }: VectorOptions): Chain[] {
  return [
    {
      id: "js-f64",
      what: "JavaScript, multiply and add of float64",
      flops: 2 * chains,
      sum: 1.5 * chains,
      run: inCalls(runDoubles),
    },
    {
      id: "js-f32",
      what: "JavaScript, multiply and add of float32 (Math.fround)",
      flops: 2 * chains,
      sum: 1.5 * chains,
      run: inCalls(runSingles),
    },
    wasmChain("wasm-f32", "WebAssembly, multiply and add of single float32", scalar),
    wasmChain(
      "wasm-128",
      "WebAssembly SIMD, 128 bit, multiply and add",
      vector(false, false),
    ),
    ...fused
      ? [wasmChain(
        "wasm-128-fused",
        "WebAssembly SIMD, 128 bit, fused multiply-add",
        vector(true, false),
      )]
      : [],
    ...lanes === 8
      ? [wasmChain(
        fused ? "wasm-256-fused" : "wasm-256",
        `WebAssembly SIMD, pairs that the engine makes 256 bit, ${
          fused ? "fused multiply-add" : "multiply and add"
        }`,
        vector(fused, true),
      )]
      : [],
  ];
}
