/**
 * Dropout (Srivastava et al., JMLR 2014), whose result is random: each element
 * must be 0 or x/(1 − rate), the gradient must keep and drop the same elements,
 * and the number dropped must lie within six standard deviations of rate times
 * all. Another pass drops others; the same seed drops the same.
 *
 * @module
 */
import { normal, type Random } from "../../common/random.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import { drawn } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { compareQuantities } from "./layer_case.ts";
import type { Layers } from "./library.ts";
import { Quantity, rulesOf } from "./quantity.ts";

const [rows, columns] = [32, 128] as const;
const shape = [rows, columns] as const;
const size = rows * columns;
const rate = 0.25;

/** Which elements were kept. */
const keptOf = (values: Float32Array) => values.map((value) => Number(value !== 0));

/** How often a thing that comes with probability p may come of n times, by chance of less than 1e-8. */
function countFault(what: string, count: number, n: number, p: number): string | null {
  const allowed = 6 * Math.sqrt(n * p * (1 - p));
  return Math.abs(count - n * p) <= allowed
    ? null
    : `${what}: ${count} of ${n}, want ${n * p} to within ${allowed.toFixed(1)}`;
}

const ones = (list: Float32Array) => list.reduce((sum, each) => sum + each, 0);

/** Holds Dropout to its definition. */
export async function judgeDropout(
  kernel: Kernel,
  layers: Layers,
  random: Random,
): Promise<Outcome> {
  const rules = rulesOf(kernel.traits);
  using own = new DisposableStack();
  const [layer, same, other] = [7, 7, 8].map((seed) =>
    own.use(layers.Dropout(kernel, { rate, seed }))
  );
  const values = drawn(size, () => 1 + Math.abs(normal(random)));
  const upstream = drawn(size, () => 1 + Math.abs(normal(random)));
  const x = own.use(kernel.tensor(shape, values));
  const dy = own.use(kernel.tensor(shape, upstream));
  const forward = (of = layer!): Tensor => own.use(of.forward(x));
  const y = forward();
  // Gradients are of the pass that they are asked for, not of the last one.
  const next = forward();
  const dx = own.use(layer!.backward(dy, y));
  const results = [y, dx, own.use(layer!.predict(x)), next, forward(same), forward(other)];
  const [first, back, used, second, again, ofOther] = await readAll(results);
  const kept = keptOf(first!);
  const scaled = (list: Float32Array) =>
    Array.from(list, (value, i) => new Quantity(rules, value * kept[i]!).over(1 - rate));
  const bothKept = (a: Float32Array) => ones(keptOf(a).map((each, i) => each * kept[i]!));
  const share = (1 - rate) ** 2;
  // Along rows and columns too: what leaves out whole ones has the right number of elements.
  const lines = [
    ...Array.from({ length: rows }, (_, i) => kept.subarray(i * columns, (i + 1) * columns)),
    ...Array.from({ length: columns }, (_, j) => kept.filter((_, at) => at % columns === j)),
  ];
  const faults = [
    countFault("elements that are kept", ones(kept), size, 1 - rate),
    countFault("kept in two passes", bothKept(second!), size, share),
    countFault("kept by two seeds", bothKept(ofOther!), size, share),
    // By which a pattern that repeats itself shows.
    ...[1, 2, 3, 4, 5, columns].map((distance) =>
      countFault(
        `kept with the one ${distance} further`,
        bothKept(Float32Array.from(first!, (_, i) => first![(i + distance) % size]!)),
        size,
        share,
      )
    ),
    ...lines.map((line) => countFault("kept in a line", ones(line), line.length, 1 - rate)),
  ];
  return merge([
    compareQuantities("the result", first!, scaled(values), columns),
    compareQuantities("the gradient by the input", back!, scaled(upstream), columns),
    compareExact("the result in use", used!, values, columns),
    compareExact("the result of the same seed", again!, first!, columns),
    ...faults.map(outcomeOf),
  ]);
}
