/**
 * Mutants of `int8Weight`, `denseInt8` and `copy`, which the checks `int8` and
 * `copies` must find: faults of int8 products in Wasm, x86 and ARM libraries, of
 * quantization, of caches and of the contract.
 *
 * @module
 */
import type { HeapInt8Weight } from "../../kernels/int8/heap_int8.ts";
import type { Int8Weight, Kernel, Tensor } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { type Int8Call, int8Kernel, type Int8Steps, rightInt8 } from "./int8_subject.ts";
import { alter, dataOf, type Mutant } from "./mutant.ts";

const { fround } = Math;
const { largest, quantize, read, result } = rightInt8;
const wrap = (value: number) => value | 0;
const clamp = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(value, most));

type Change = (kernel: Kernel) => Partial<Kernel>;

/** A mutant of steps, or of what makes them anew for each kernel, and of operations around them. */
function mutant(
  name: string,
  make: Partial<Int8Steps> | (() => readonly [Partial<Int8Steps>, Change?]),
  { key = false } = {},
): Mutant {
  return {
    name: `int8: ${name}`,
    kind: "JavaScript",
    killer: "int8",
    key,
    create: () => int8Kernel(...(typeof make === "function" ? make() : [make] as const)),
  };
}

/** A mutant of the operations alone. */
const around = (name: string, change: Change): Mutant => mutant(name, () => [{}, change]);

function copyMutant(name: string, change: (kernel: Kernel) => Partial<Kernel>): Mutant {
  return {
    name: `copy: ${name}`,
    kind: "JavaScript",
    killer: "copies",
    create: async () => {
      const kernel = await createKernel("naive");
      const copy = kernel.copy!.bind(kernel);
      return alter(kernel, (original) => change({ ...original, copy }));
    },
  };
}

/** Pairs of products with bytes of x that were raised by 128, held in 16 bits with saturation, as x86 without VNNI has them. */
function saturatingPairs(): [Partial<Int8Steps>] {
  let pair = 0;
  return [{
    add: (sum, x, w, p) => {
      const product = (x + 128) * w;
      const before = p % 2 === 0 ? 0 : pair;
      pair = before + product;
      return sum + clamp(pair, -32768, 32767) - clamp(before, -32768, 32767) - 128 * w;
    },
  }];
}

/** What is kept of a weight by a key that does not tell enough. */
function kept(keyOf: (call: Int8Call) => string): () => [Partial<Int8Steps>] {
  return () => {
    const old = new Map<string, Float32Array>();
    return [{
      read: (call) => {
        const now = read(call);
        const key = keyOf(call);
        const scale = old.get(key) ?? now.scale;
        old.set(key, scale);
        return { ...now, scale };
      },
    }];
  };
}

/** Rows of x that are kept by the tensor, whatever was written to it since. */
function staleRows(): [Partial<Int8Steps>] {
  const old = new WeakMap<Tensor, Float32Array>();
  return [{
    read: (call) => {
      const now = read(call);
      const x = old.get(call.x) ?? now.x.slice();
      old.set(call.x, x);
      return { ...now, x };
    },
  }];
}

/** All of them. */
export const int8Mutants: readonly Mutant[] = [
  mutant("pairs of products are held in 16 bits with saturation", saturatingPairs, { key: true }),
  mutant("sums are held in 16 bits", { add: (sum, x, w) => (sum + x * w) << 16 >> 16 }),
  mutant("sums of more than 2^24 are rounded to float32 at each step", {
    add: (sum, x, w) => fround(sum + x * w),
  }),
  mutant("sums are those of 31 bits", { total: (sum) => wrap(sum * 2) / 2 }),
  mutant("bytes of x have no sign", { add: (sum, x, w) => sum + (x & 255) * w }),
  mutant("bytes of the weight have no sign", { add: (sum, x, w) => sum + x * (w & 255) }),
  mutant("x is raised by 128, and the sums are not lowered by it", {
    add: (sum, x, w) => sum + (x + 128) * w,
  }),
  mutant("-127 of the weight is -128", { add: (sum, x, w) => sum + x * (w === -127 ? -128 : w) }),
  mutant("values of the weight have 7 bits", { add: (sum, x, w) => sum + x * (w & ~1) }),
  mutant("halves are rounded away from zero", {
    quantize: (value, by) => {
      const product = fround(value * by);
      return Math.sign(product) * Math.round(Math.abs(product));
    },
  }, { key: true }),
  mutant("halves are rounded up", { quantize: (value, by) => Math.round(fround(value * by)) }),
  mutant("numbers are truncated", { quantize: (value, by) => Math.trunc(fround(value * by)) }),
  mutant("the product by a multiplier is not rounded to float32", {
    quantize: (value, by) => {
      const product = value * by;
      const nearest = Math.round(product);
      return Math.abs(product % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
    },
  }),
  mutant("x is divided by a step instead of multiplied", {
    quantize: (value, by) => quantize(fround(value / fround(1 / by)), 1),
  }),
  mutant("multipliers are of 128", { multiplier: (most) => fround(128 / fround(most + 1e-7)) }),
  mutant("multipliers have no epsilon", { multiplier: (most) => most ? fround(127 / most) : 1 }),
  mutant("the epsilon is 1e-8", { multiplier: (most) => fround(127 / fround(most + 1e-8)) }),
  mutant("multipliers are of float64", { multiplier: (most) => 127 / (most + 1e-7) }),
  mutant("the multiplier of x is that of its largest number, not magnitude", {
    largest: (row) => row.reduce((most, value) => Math.max(most, value), 0),
  }),
  mutant("the multiplier is of all but the last three numbers of a row", {
    largest: (row) => largest(row.length > 4 ? row.subarray(0, row.length - 3) : row),
  }),
  mutant("the multiplier of a row is that of the largest before it", () => {
    let most = 0;
    return [{ largest: (row) => most = Math.max(most, largest(row)) }];
  }),
  mutant("the last products of k beyond 16 are dropped", {
    depth: (k) => k < 16 ? k : k - k % 16,
  }, { key: true }),
  mutant("products beyond 2^15 are dropped", { depth: (k) => Math.min(k, 2 ** 15) }),
  mutant("the last columns beyond 24 are not written", { columns: (n) => n < 24 ? n : n - n % 24 }),
  mutant("an odd last row is not written", { rows: (m) => m < 3 ? m : m - m % 2 }),
  mutant("a quotient is a product with a reciprocal", {
    result: (sum, own, scale, bias) =>
      fround(fround(fround(sum) * fround(1 / fround(own * scale))) + (bias ?? 0)),
  }),
  mutant("sums are divided by one multiplier after the other", {
    result: (sum, own, scale, bias) => fround(fround(fround(sum / own) / scale) + (bias ?? 0)),
  }),
  mutant("results are multiplied by the scale", {
    result: (sum, own, scale, bias) => result(sum, own, 1 / scale, bias),
  }),
  mutant("the product of the multipliers is not rounded", {
    result: (sum, own, scale, bias) => {
      const quotient = fround(fround(sum) / (own * scale));
      return bias === null ? quotient : fround(quotient + bias);
    },
  }),
  mutant("the bias is added before the quotient is rounded", {
    result: (sum, own, scale, bias) => fround(fround(sum) / fround(own * scale) + (bias ?? 0)),
  }),
  mutant("the bias is added to the sum", {
    result: (sum, own, scale, bias) => result(sum + (bias ?? 0), own, scale, null),
  }),
  mutant("a row of zeros is 0 without a bias", {
    result: (sum, own, scale, bias) => sum === 0 ? 0 : result(sum, own, scale, bias),
  }),
  mutant("a row without inputs is NaN", {
    largest: (row) => row.length === 0 ? -Infinity : largest(row),
  }),
  mutant("a NaN of x is 0", {
    largest: (row) => largest(row.map((value) => Number.isNaN(value) ? 0 : value)),
  }),
  mutant("an infinity of x is the largest number", {
    largest: (row) => largest(row.map((value) => clamp(value, -(2 ** 127), 2 ** 127))),
    quantize: (value, by) => clamp(quantize(value, by), -127, 127),
  }),
  mutant("every column has the scale of the first", {
    read: (call) => {
      const now = read(call);
      return { ...now, scale: now.scale.map(() => now.scale[0]!) };
    },
  }),
  mutant("the scale is that of the first weight of its shape", kept(({ n, k }) => `${n},${k}`)),
  mutant("the numbers are those of the first weight with a scale that begins alike", () => {
    const known = new Map<string, Int8Array>();
    return [{
      read: (call) => {
        const now = read(call);
        const key = `${now.scale[0]},${call.k},${call.n}`;
        const values = known.get(key) ?? now.values;
        known.set(key, values);
        return { ...now, values };
      },
    }];
  }),
  mutant("quantized rows are kept by their tensor", staleRows),
  mutant("the version of y stays", { version: () => {} }),
  mutant("the version of x rises", {
    read: (call) => {
      (call.x as { version: number }).version++;
      return read(call);
    },
  }),
  mutant("x is quantized in place", {
    read: (call) => {
      const now = read(call);
      if (call.k > 0) now.x[0] = fround(now.x[0]! + 0);
      for (let i = 0; i < now.x.length; i += 7) now.x[i] = fround(now.x[i]! * (1 + 2 ** -23));
      return now;
    },
  }),
  mutant("a weight keeps the caller's arrays", () => {
    const arrays = new WeakMap<Int8Weight, { values: Int8Array; scale: Float32Array }>();
    return [
      { read: (call) => ({ ...read(call), ...arrays.get(call.weight) }) },
      ({ int8Weight }) => ({
        int8Weight: (shape, values, scale) => {
          const weight = int8Weight!(shape, values, scale);
          if (values instanceof Int8Array && scale instanceof Float32Array) {
            arrays.set(weight, { values, scale });
          }
          return weight;
        },
      }),
    ];
  }),
  mutant("a weight of tensors has the multipliers that it finds at its first use", () => {
    const late = new WeakMap<Int8Weight, Tensor | Float32Array>();
    return [
      {
        read: (call) => {
          const scale = late.get(call.weight);
          if (scale && !(scale instanceof Float32Array)) {
            late.set(call.weight, scale.disposed ? read(call).scale : dataOf(scale).slice());
          }
          const found = late.get(call.weight);
          return found instanceof Float32Array ? { ...read(call), scale: found } : read(call);
        },
      },
      ({ int8Weight }) => ({
        int8Weight: (shape, values, scale) => {
          const weight = int8Weight!(shape, values, scale);
          if (!(scale instanceof Float32Array)) late.set(weight, scale);
          return weight;
        },
      }),
    ];
  }),
  mutant("sums are float32 beyond k = 2000 without a bias", () => {
    let rounds = false;
    return [{
      read: (call) => {
        rounds = call.k > 2000 && call.bias === null;
        return read(call);
      },
      add: (sum, x, w) => rounds ? fround(sum + x * w) : sum + x * w,
    }];
  }),
  mutant("a weight of tensors is read when it is used", () => {
    const tensors = new WeakMap<Int8Weight, Tensor>();
    return [
      {
        read: (call) => {
          const now = read(call);
          const values = tensors.get(call.weight);
          return !values || values.disposed
            ? now
            : { ...now, values: Int8Array.from(dataOf(values)) };
        },
      },
      ({ int8Weight }) => ({
        int8Weight: (shape, values, scale) => {
          const weight = int8Weight!(shape, values, scale);
          if (!(values instanceof Int8Array)) tensors.set(weight, values);
          return weight;
        },
      }),
    ];
  }),
  around("the numbers of a tensor are cut to bytes", ({ int8Weight }) => ({
    int8Weight: (shape, values, scale) => {
      const fits = `${(values as Partial<Tensor> | null)?.shape}` === `${shape}`;
      if (values instanceof Int8Array || !fits || values.disposed) {
        return int8Weight!(shape, values, scale);
      }
      const bytes = Int8Array.from(dataOf(values), (value) => Math.max(-127, value << 24 >> 24));
      return int8Weight!(shape, bytes, scale);
    },
  })),
  around("-128 is taken for -127", ({ int8Weight }) => ({
    int8Weight: (shape, values, scale) =>
      int8Weight!(
        shape,
        values instanceof Int8Array ? values.map((value) => Math.max(-127, value)) : values,
        scale,
      ),
  })),
  around("a product with a weight that was disposed does nothing", ({ denseInt8 }) => ({
    denseInt8: (x, weight, ...rest) => {
      const gone = (weight as Partial<HeapInt8Weight> | null)?.disposed;
      if (!gone) denseInt8!(x, weight, ...rest);
    },
  })),
  around("disposal of a large weight leaves its bytes", ({ int8Weight }) => ({
    int8Weight: (...given) => {
      const weight = int8Weight!(...given);
      if (given[0][0] <= 50) return weight;
      const dispose = weight[Symbol.dispose].bind(weight);
      const { bytes } = (weight as HeapInt8Weight).kernel;
      let used = 0;
      weight[Symbol.dispose] = () => {
        used ||= bytes.used;
        dispose();
        bytes.used = used;
      };
      return weight;
    },
  })),
  copyMutant("the last elements beyond 4 are not written", ({ copy }) => ({
    copy: (a, out) => {
      copy!(a, out);
      if (out.size >= 4) dataOf(out).fill(0, out.size - out.size % 4);
    },
  })),
  copyMutant("elements beyond 2^10 are not written", ({ copy }) => ({
    copy: (a, out) => {
      copy!(a, out);
      dataOf(out).fill(0, 2 ** 10);
    },
  })),
  copyMutant("the rows are those of the transpose", ({ copy }) => ({
    copy: (a, out) => {
      copy!(a, out);
      if (a.shape.length !== 2 || a.shape[0] !== out.shape.at(-1)) return;
      const [rows, columns] = a.shape as [number, number];
      const values = dataOf(a);
      dataOf(out).set(values.map((_, i) => values[i % rows * columns + Math.floor(i / rows)]!));
    },
  })),
  copyMutant("the two share their elements", ({ copy }) => ({
    copy: (a, out) => {
      copy!(a, out);
      const read = out.read.bind(out);
      out.read = () => out.disposed || a.disposed ? read() : Promise.resolve(dataOf(a).slice());
    },
  })),
  copyMutant("subnormal numbers are 0", ({ copy }) => ({
    copy: (a, out) => {
      copy!(a, out);
      const to = dataOf(out);
      to.set(to.map((value) => Math.abs(value) < 2 ** -126 ? 0 : value));
    },
  })),
  copyMutant("the version of out stays", ({ copy }) => ({
    copy: (a, out) => {
      const { version } = out;
      copy!(a, out);
      (out as { version: number }).version = version;
    },
  })),
  copyMutant("out may have more elements than a", ({ copy, tensor }) => ({
    copy: (a, out) => {
      if (!(a?.size < out?.size) || a.kernel !== out.kernel) return copy!(a, out);
      const longer = tensor([out.size], [...dataOf(a), ...new Float32Array(out.size - a.size)]);
      copy!(longer, out);
    },
  })),
];
