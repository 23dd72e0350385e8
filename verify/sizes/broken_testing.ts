/**
 * Kernels that are wrong beyond some size alone: rounded operands, Strassen's
 * algorithm, another order of addition, tails that are lost. Made for the tests
 * of the checks of sizes; each is right on all that is small.
 *
 * @module
 */
import { bitsOf, floatOf } from "../../common/float_bits.ts";
import type { HeapKernel, Product, View } from "../../kernels/heap.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { kernelOf } from "../mutants/subject.ts";

const { fround } = Math;

/** A broken kernel: what is wrong, which check must see it, and at which effort. */
export interface SizeMutant {
  readonly name: string;
  readonly killer: "product-sizes" | "array-sizes";
  create(): Promise<Kernel>;
}

/** Rounds to so many bits of the mantissa, the implicit one included, to the nearest, or towards 0. */
export function roundedTo(bits: number, nearest = true): (value: number) => number {
  const lost = 24 - bits;
  return (value) => {
    const whole = bitsOf(value);
    const up = nearest ? 2 ** (lost - 1) : 0;
    return floatOf((whole + up) - (whole + up) % 2 ** lost);
  };
}

const bfloat16 = roundedTo(8);
const tf32 = roundedTo(11);

const naive = (await createKernel("naive") as HeapKernel).product;

function rounded(view: View, round: (value: number) => number): View {
  return { ...view, data: view.data.map(round) };
}

type Shape = Parameters<Product>[0];

/** naive with another product where `when` says so. */
function product(name: string, when: (shape: Shape) => boolean, other: Product): SizeMutant {
  return {
    name,
    killer: "product-sizes",
    create: () =>
      Promise.resolve(
        kernelOf((shape, ...rest) => (when(shape) ? other : naive)(shape, ...rest), {}),
      ),
  };
}

/** naive with something done to the outputs afterwards. */
function after(
  name: string,
  when: (shape: Shape) => boolean,
  change: (out: Float32Array, shape: Shape) => void,
): SizeMutant {
  return product(name, when, (shape, a, b, out, accumulate) => {
    naive(shape, a, b, out, accumulate);
    change(out, shape);
  });
}

const onRounded = (
  round: (value: number) => number,
  which: "both" | "a" | "b" = "both",
): Product =>
(shape, a, b, out, accumulate) =>
  naive(
    shape,
    which === "b" ? a : rounded(a, round),
    which === "a" ? b : rounded(b, round),
    out,
    accumulate,
  );

/** A sum in another order. */
const summedBy =
  (sum: (terms: (p: number) => number, k: number) => number): Product =>
  ({ m, n, k }, a, b, out, accumulate) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const total = sum(
          (p) =>
            fround(
              a.data[i * a.rowStride + p * a.columnStride]! *
                b.data[p * b.rowStride + j * b.columnStride]!,
            ),
          k,
        );
        out[i * n + j] = accumulate ? out[i * n + j]! + total : total;
      }
    }
  };

const backwards = summedBy((term, k) => {
  let sum = 0;
  for (let p = k - 1; p >= 0; p--) sum = fround(sum + term(p));
  return sum;
});

const inLanes = summedBy((term, k) => {
  const lanes = new Float32Array(4);
  for (let p = 0; p < k; p++) lanes[p % 4]! += term(p);
  return fround(fround(lanes[0]! + lanes[1]!) + fround(lanes[2]! + lanes[3]!));
});

const inHalves = summedBy((term, k) => {
  let [first, second] = [0, 0];
  const middle = k >> 1;
  for (let p = 0; p < middle; p++) first = fround(first + term(p));
  for (let p = middle; p < k; p++) second = fround(second + term(p));
  return fround(first + second);
});

/** One step of Strassen's algorithm, in float32. */
const strassen: Product = ({ m, n, k }, a, b, out, accumulate) => {
  const [rows, columns, depth] = [m / 2, n / 2, k / 2];
  const block =
    ({ data, rowStride, columnStride }: View, down: number, across: number) =>
    (height: number, width: number) => {
      const part = new Float32Array(height * width);
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          part[i * width + j] =
            data[(down * height + i) * rowStride + (across * width + j) * columnStride]!;
        }
      }
      return part;
    };
  const at = (view: View, height: number, width: number) =>
    [[0, 0], [0, 1], [1, 0], [1, 1]].map(([down, across]) =>
      block(view, down!, across!)(height, width)
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [a11, a12, a21, a22] = at(a, rows, depth);
  const [b11, b12, b21, b22] = at(b, depth, columns);
  const add = (x: Float32Array, y: Float32Array) => x.map((value, i) => value + y[i]!);
  const less = (x: Float32Array, y: Float32Array) => x.map((value, i) => value - y[i]!);
  const times = (x: Float32Array, y: Float32Array) => {
    const result = new Float32Array(rows * columns);
    const left = { data: x, rowStride: depth, columnStride: 1 };
    const right = { data: y, rowStride: columns, columnStride: 1 };
    naive({ m: rows, n: columns, k: depth }, left, right, result, false);
    return result;
  };
  const m1 = times(add(a11, a22), add(b11, b22));
  const m2 = times(add(a21, a22), b11);
  const m3 = times(a11, less(b12, b22));
  const m4 = times(a22, less(b21, b11));
  const m5 = times(add(a11, a12), b22);
  const m6 = times(less(a21, a11), add(b11, b12));
  const m7 = times(less(a12, a22), add(b21, b22));
  const parts = [
    add(less(add(m1, m4), m5), m7),
    add(m3, m5),
    add(m2, m4),
    add(add(less(m1, m2), m3), m6),
  ];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const part = parts[2 * Number(i >= rows) + Number(j >= columns)]!;
      const value = part[(i % rows) * columns + j % columns]!;
      out[i * n + j] = accumulate ? out[i * n + j]! + value : value;
    }
  }
};

const even = ({ m, n, k }: Shape, most: number) =>
  m % 2 + n % 2 + k % 2 === 0 && Math.min(m, n, k) >= most;

/** The product without its last term. */
const withoutLast: Product = (shape, ...rest) => naive({ ...shape, k: shape.k - 1 }, ...rest);

/** Products that are wrong from some size on. */
export const brokenProducts: readonly SizeMutant[] = [
  product(
    "operands are bfloat16 for more than 2^20 products",
    ({ m, n, k }) => m * n * k > 2 ** 20,
    onRounded(bfloat16),
  ),
  product("operands are TF32 for 256 columns and more", ({ n }) => n >= 256, onRounded(tf32)),
  product(
    "x has 16 bits for more than 1000 rows",
    ({ m }) => m > 1000,
    onRounded(roundedTo(16), "a"),
  ),
  product(
    "weights have 11 bits for sums of 128 and more",
    ({ k }) => k >= 128,
    onRounded(tf32, "b"),
  ),
  product(
    "operands lose their last bit for more than 5000 rows",
    ({ m }) => m > 5000,
    onRounded(roundedTo(23, false)),
  ),
  ...[64, 128, 256].map((size) =>
    product(
      `sizes that are even and at least ${size} use Strassen's algorithm`,
      (shape) => even(shape, size),
      strassen,
    )
  ),
  product("sums of more than 1000 run backwards", ({ k }) => k > 1000, backwards),
  product("sums of more than 20000 run backwards", ({ k }) => k > 20_000, backwards),
  product(
    "sums run in four lanes where there are 100 rows or more",
    ({ m, k }) => m >= 100 && k >= 16,
    inLanes,
  ),
  product(
    "sums run in halves where there are more than 500 columns",
    ({ n, k }) => n > 500 && k >= 16,
    inHalves,
  ),
  product(
    "the last product is left out of sums of 5 modulo 8 beyond 1000",
    ({ k }) => k > 1000 && k % 8 === 5,
    withoutLast,
  ),
  product("the last product is left out beyond 2^20", ({ k }) => k > 2 ** 20, withoutLast),
  after(
    "sums are TF32 where k is 512 or more",
    ({ k }) => k >= 512,
    (out) => out.set(out.map(tf32)),
  ),
  after(
    "one element is 1 ULP off for more than 700 rows and 33 columns",
    ({ m, n }) => m > 700 && n > 33,
    (out) => {
      out[out.length - 40] = floatOf(bitsOf(out[out.length - 40]!) ^ 1);
    },
  ),
  after(
    "one element in 1000 is scaled by 1 + 2^-23",
    ({ m, n, k }) => m * n * k > 2 ** 16,
    (out) => {
      for (let i = 999; i < out.length; i += 1000) out[i]! *= 1 + 2 ** -23;
    },
  ),
  after("outputs beyond 2^16 are at an index of 16 bits", ({ m, n }) => m * n > 2 ** 16, (out) => {
    for (let i = 2 ** 16; i < out.length; i++) out[i % 2 ** 16] = out[i]!;
  }),
  after(
    "outputs beyond 2^20 are not written",
    ({ m, n }) => m * n > 2 ** 20,
    (out) => out.fill(NaN, 2 ** 20),
  ),
  after(
    "exactly 1023 rows are one too many",
    ({ m }) => m === 1023,
    (out, { n }) => out.fill(0, out.length - n),
  ),
  after(
    "the last column is the one before for n of 7 modulo 16 beyond 512",
    ({ n }) => n > 512 && n % 16 === 7,
    (out, { n }) => {
      for (let i = n - 1; i < out.length; i += n) out[i] = out[i - 1]!;
    },
  ),
  after(
    "the last column is 0 for m of 13 and n of 1 modulo 16 beyond 32",
    ({ m, n, k }) => Math.min(m, n, k) > 32 && m % 16 === 13 && n % 16 === 1,
    (out, { n }) => {
      for (let i = n - 1; i < out.length; i += n) out[i] = 0;
    },
  ),
];
