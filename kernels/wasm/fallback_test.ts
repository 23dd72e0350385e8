// What the Wasm kernels do without fused multiply-add, without relaxed SIMD and without SIMD: in processes
// of their own, since features are detected once in a process.
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { createRandom, seedOf } from "../../common/random.ts";
import { exactMost, floats, integers } from "../../verify/check.ts";
import { activations, gradientNeedsZ } from "../activation.ts";
import type { KernelTraits } from "../kernel.ts";
import { wasmKernelsHere } from "../kernels_testing.ts";
import { createKernel, type KernelListing, type KernelName } from "../registry.ts";
import { ModuleBuilder } from "./assembler.ts";
import { chunksOf } from "./geometry.ts";
import { f32x4, v128 } from "./instructions.ts";

const { fround } = Math;
const seed = 40961;
const registry = new URL("../registry.ts", import.meta.url).href;

// Every method of a product: the register tile, with one chunk of k and with three, also from a packed
// weight; few rows; one column; a tiny product.
const shapes = [[20, 50, 40], [13, 33, 300], [3, 70, 150], [30, 1, 200], [5, 6, 7]] as const;

/** A runtime that lacks something, by code that runs first and flags of V8. */
interface Runtime {
  readonly before?: string;
  readonly flags?: readonly string[];
  /** Whether it rounds a multiply-add once. */
  readonly fuses?: boolean;
}

/** Whether this process does: (1 + ε)(1 − ε) is 1 where the product is rounded and ε² is below 2^-25. */
function fusesHere(): boolean {
  const module = new ModuleBuilder({ minimum: 1, maximum: 1, shared: false });
  module.func("run", {}, () => {
    const [a, b, c] = [v128.load(0, 16), v128.load(0, 32), v128.load(0, 48)] as const;
    return [v128.store(0, f32x4.relaxedMadd(a, b, c))];
  });
  const bytes = module.bytes();
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const data = new Float32Array(memory.buffer);
  data.set([1 + 2 ** -13, 0, 0, 0, 1 - 2 ** -13, 0, 0, 0, -1], 4);
  (exports.run as () => void)();
  return data[0] !== 0;
}

/** Rejects modules with the bytes of a relaxed multiply-add. */
const withoutRelaxed = `
  const isRelaxed = (bytes) => bytes.some((byte, i) =>
    byte === 0xfd && [0x85, 0x86, 0x87, 0x88].includes(bytes[i + 1]) && bytes[i + 2] === 2);
  const { validate, Module } = WebAssembly;
  WebAssembly.validate = (bytes) => !isRelaxed(bytes) && validate(bytes);
  WebAssembly.Module = class extends Module {
    constructor(bytes) {
      if (isRelaxed(bytes)) throw new WebAssembly.CompileError("relaxed SIMD");
      super(bytes);
    }
  };`;

const runtimes: Readonly<Record<string, Runtime>> = {
  "as it is": { fuses: fusesHere() },
  "without relaxed SIMD": { before: withoutRelaxed, fuses: false },
  ...Deno.build.arch === "x86_64" &&
    { "without FMA": { flags: ["--no-enable-fma3"], fuses: false } },
};

/** Runs code in such a runtime, and returns the JSON that it prints. */
async function runIn({ before = "", flags = [] }: Runtime, code: string): Promise<unknown> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-read", "--no-config", "--quiet"],
      ...(flags.length > 0 ? [`--v8-flags=${flags.join()}`] : []),
      "-",
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(300_000),
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const script = `${before}\nconst registry = await import("${registry}");\n${code}`;
  const [{ stdout, stderr, success }] = await Promise.all([
    child.output(),
    new Blob([script]).stream().pipeTo(child.stdin),
  ]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  return JSON.parse(text(stdout));
}

/** The data of a shape: whole numbers whose products add up exactly, or numbers with full mantissas. */
function dataOf([m, n, k]: typeof shapes[number], exact: boolean): Float32Array[] {
  const random = createRandom(seedOf(`${m} ${n} ${k}`, seed));
  const most = exactMost(k);
  return [m * k, k * n, n].map((length) =>
    exact ? integers(length, most, random) : floats(length, -1, 1, random)
  );
}

/** For each shape three times: x · weight + bias, and x times the transposed weight. */
type Products = readonly (readonly [number[], number[]])[];

interface RuntimeResults {
  readonly traits: KernelTraits;
  /** Of whole numbers. */
  readonly exact: Products;
  /** Of numbers with full mantissas. */
  readonly rounded: Products;
  /** For each activation: values and gradients. */
  readonly pointwise: readonly (readonly [number[], number[]])[];
}

const inputs = Array.from({ length: 400 }, (_, i) => fround((i - 200) / 9.7));

/** What a kernel computes in a runtime. */
async function computeIn(runtime: Runtime, name: KernelName): Promise<RuntimeResults> {
  const casesOf = (exact: boolean) =>
    JSON.stringify(shapes.map((shape) => [shape, dataOf(shape, exact).map((data) => [...data])]));
  const code = `
    const kernel = await registry.createKernel("${name}", { threads: 2, serialBelow: 0 });
    const tensor = (shape, data) => kernel.tensor(shape, data && new Float32Array(data));
    async function productsOf(cases) {
      const products = [];
      for (const [[m, n, k], [x, weight, bias]] of cases) {
        const turned = weight.map((_, i) => weight[(i % k) * n + Math.floor(i / k)]);
        const [a, b, bT] = [tensor([m, k], x), tensor([k, n], weight), tensor([n, k], turned)];
        const [y, out] = [tensor([m, n]), tensor([m, n])];
        for (let time = 0; time < 3; time++) {
          kernel.dense(a, b, tensor([n], bias), "linear", y);
          kernel.matmul(a, bT, out, { transposeB: true });
          products.push([[...await y.read()], [...await out.read()]]);
        }
      }
      return products;
    }
    const exact = await productsOf(${casesOf(true)});
    const rounded = await productsOf(${casesOf(false)});
    const z = tensor([20, 20], ${JSON.stringify(inputs)});
    const [y, dz] = [tensor([20, 20]), tensor([20, 20])];
    const pointwise = [];
    for (const activation of ${JSON.stringify(activations)}) {
      kernel.activate(activation, z, y);
      kernel.activateGradient(activation, z, y, z, dz);
      pointwise.push([[...await y.read()], [...await dz.read()]]);
    }
    console.log(JSON.stringify({ traits: kernel.traits, exact, rounded, pointwise }));
    await kernel[Symbol.asyncDispose]();`;
  return await runIn(runtime, code) as RuntimeResults;
}

const computed = new Map<string, Promise<RuntimeResults>>();

/** What a kernel computes in a runtime, in one process for all tests of it. */
function resultsOf(what: keyof typeof runtimes, name: KernelName): Promise<RuntimeResults> {
  const key = `${name}, ${what}`;
  const results = computed.get(key) ?? computeIn(runtimes[what]!, name);
  computed.set(key, results);
  return results;
}

/** x · weight, with every product and every sum rounded, in the order of the traits. */
function model([m, n, k]: typeof shapes[number], [x, weight]: Float32Array[]): Float32Array {
  return new Float32Array(m * n).map((_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let total = 0;
    for (const { start, length } of chunksOf(k)) {
      let sum = 0;
      for (let p = start; p < start + length; p++) {
        sum = fround(sum + fround(x![i * k + p]! * weight![p * n + j]!));
      }
      total = fround(total + sum);
    }
    return total;
  });
}

/** What {@linkcode RuntimeResults.products} must be, by the model. */
function expectedProducts(exact: boolean): [number[], number[]][] {
  return shapes.flatMap((shape) => {
    const data = dataOf(shape, exact);
    const product = [...model(shape, data)];
    const withBias = product.map((value, i) => fround(value + data[2]![i % shape[1]]!));
    return new Array(3).fill([withBias, product]);
  });
}

const wasmKernels = await wasmKernelsHere();

for (const name of wasmKernels) {
  for (const [what, runtime] of Object.entries(runtimes)) {
    Deno.test(`traits.fused of ${name} is true to its bits, runtime ${what}`, async () => {
      const { traits, rounded } = await resultsOf(what, name);
      const want = expectedProducts(false);
      // Where products are rounded, all bits are those of the model; else they are not.
      if (runtime.fuses) assertNotEquals(rounded[0], want[0], `seed ${seed}`);
      else assertEquals(rounded, want, `seed ${seed}`);
      assertEquals(traits.fused, runtime.fuses);
      assertStringIncludes(traits.device, `${runtime.fuses ? "fused" : "separate"} multiply-add`);
    });

    Deno.test(`${name} is exact on whole numbers, runtime ${what}`, async () => {
      const { exact } = await resultsOf(what, name);
      assertEquals(exact, expectedProducts(true), `seed ${seed}`);
    });
  }

  Deno.test(`${name}: activations without relaxed SIMD differ from naive's by 1 ULP at most`, async () => {
    const { pointwise } = await resultsOf("without relaxed SIMD", name);
    await using naive = await createKernel("naive");
    using z = naive.tensor([20, 20], new Float32Array(inputs));
    using y = naive.tensor([20, 20]);
    using dz = naive.tensor([20, 20]);
    const ulps = (a: Float32Array, b: Float32Array) => {
      const [wordsA, wordsB] = [new Int32Array(a.buffer), new Int32Array(b.buffer)];
      return Math.max(...wordsA.map((word, i) => a[i] === b[i] ? 0 : Math.abs(word - wordsB[i]!)));
    };
    for (const [i, activation] of activations.entries()) {
      const [values, gradients] = pointwise[i]!.map((list) => new Float32Array(list));
      naive.activate(activation, z, y);
      assert(ulps(values!, await y.read()) <= 1, activation);
      // A gradient that is computed from y depends on its rounding, so y must be the same.
      y.write(values!);
      naive.activateGradient(activation, gradientNeedsZ(activation) ? z : null, y, z, dz);
      assert(ulps(gradients!, await dz.read()) <= 1, `${activation}'s gradient`);
    }
  });
}

// On x64 also by a flag: SIMD needs SSE4.1 there.
const withoutSimd: Readonly<Record<string, Runtime>> = {
  "SIMD is not valid": { before: "WebAssembly.validate = () => false;" },
  "there is no WebAssembly": { before: "delete globalThis.WebAssembly;" },
  ...Deno.build.arch === "x86_64" && { "V8 may not use SSE4.1": { flags: ["--no-enable-sse4-1"] } },
};

for (const [why, runtime] of Object.entries(withoutSimd)) {
  Deno.test(`listKernels() says that only Wasm kernels are unavailable where ${why}`, async () => {
    const code = "console.log(JSON.stringify(await registry.listKernels()));";
    const listing = await runIn(runtime, code) as KernelListing[];
    const reasons = listing.map((entry) => [entry.name, entry.available ? null : entry.reason]);
    const reason = "this browser or runtime has no WebAssembly SIMD";
    for (const name of wasmKernels) assertEquals(Object.fromEntries(reasons)[name], reason);
    assertEquals(Object.fromEntries(reasons).naive, null);
  });
}
