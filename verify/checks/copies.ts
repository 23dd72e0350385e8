/**
 * The operation `copy`: the same elements in another shape, of every size, with
 * every kind of number, and what it must refuse and leave alone. There where a
 * kernel claims formulas.
 *
 * @module
 */
import { floatOf } from "../../common/float_bits.ts";
import type { Random } from "../../common/random.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Check, type Context, drawn, type Effort, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { isGpu } from "../device.ts";
import { type Attempts, refuses } from "../refusals.ts";
import { repeated } from "../sizes/elementwise.ts";
import { remaindersFrom, sizesAround } from "../sizes/limits.ts";
import { runSized } from "../sizes/running.ts";
import { claims } from "./formulas.ts";

const name = "copies";

type CopyKernel = Kernel & Required<Pick<Kernel, "copy">>;

/** So many numbers are drawn at most, a prime; longer tensors repeat them. */
const mostDrawn = 4099;

/** Larger tensors are not looked at after they were written to once more. */
const mostAfterwards = 2 ** 16;

/** The one case of a kernel without formulas. */
const claim: Case = { id: `${name}/claim`, run: () => Promise.resolve(outcomeOf(null)) };

/** Any float32 number but a NaN, of normal magnitude where others may be flushed. */
function anyNumber(kernel: Kernel, random: Random): number {
  const kept = kernel.traits.denormals === "kept";
  for (;;) {
    const value = floatOf(random.integer() >>> 0);
    if (Number.isNaN(value)) continue;
    if (Math.abs(value) === Infinity && kernel.traits.nan !== "propagates") continue;
    if (kept || value === 0 || Math.abs(value) >= 2 ** -126) return value;
  }
}

async function compareCopy(
  kernel: CopyKernel,
  from: readonly number[],
  to: readonly number[],
  values: Float32Array,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const [a, out] = [space.tensor(from, values), space.output(to)];
  const [ofA, ofOut] = [a.version, out.version];
  kernel.copy(a, out);
  const columns = Math.max(1, to.at(-1)!);
  const problem = a.version !== ofA
    ? "the version of what was copied rose"
    : out.version > ofOut
    ? null
    : "the version of a copy did not rise";
  if (values.length > mostAfterwards) {
    return merge([compareExact("a copy", await out.read(), values, columns), outcomeOf(problem)]);
  }
  // After it nothing joins the two.
  const others = new Float32Array(values.length).fill(1);
  a.write(others);
  const got = await out.read();
  out.write(new Float32Array(values.length).fill(2));
  return merge([
    compareExact("a copy", got, values, columns),
    compareExact("what was copied", await a.read(), others, columns),
    outcomeOf(problem),
  ]);
}

function shapeCase(from: readonly number[], to: readonly number[]): Case {
  const size = from.reduce((product, axis) => product * axis, 1);
  const own = Math.min(size, mostDrawn) || 1;
  return {
    id: `${name}/${from.join("-")}/to/${to.join("-")}`,
    run: (kernel, random) =>
      runSized(kernel, size, () =>
        compareCopy(
          kernel as CopyKernel,
          from,
          to,
          repeated(drawn(own, () => anyNumber(kernel, random)), size),
        )),
  };
}

/** A number as two factors of similar size, as far as it has such. */
function factorsOf(size: number): [number, number] {
  let rows = Math.floor(Math.sqrt(size));
  while (rows > 1 && size % rows !== 0) rows--;
  return [Math.max(1, rows), size / Math.max(1, rows)];
}

const shapes: readonly (readonly [from: readonly number[], to: readonly number[]])[] = [
  [[2, 3, 4], [4, 6]],
  [[6], [1, 2, 1, 3]],
  [[5, 7], [7, 5]],
  [[1], [1, 1]],
  [[0, 3], [7, 0]],
  [[0], [0, 0, 2]],
  [[128, 3], [3, 128]],
];

function sizeCases(effort: Effort, slow: boolean): Case[] {
  const most = effort === "smoke" ? 64 : slow ? 2 ** 10 : 2 ** 12;
  const sizes = slow ? sizesAround([], most) : [...sizesAround([], most), ...remaindersFrom(517)];
  const long = { smoke: 2 ** 10 + 3, quick: 2 ** 20 + 7, full: 2 ** 24 + 7 }[effort];
  return [
    ...[...new Set(sizes)].map((size, i) =>
      i % 2 === 0 ? shapeCase([size], factorsOf(size)) : shapeCase(factorsOf(size), [size, 1])
    ),
    shapeCase([long], [1, long]),
  ];
}

const odd: Case = {
  id: `${name}/odd-numbers`,
  run: (kernel) => {
    const { nan, denormals } = kernel.traits;
    const values = Float32Array.of(
      ...[0, -0, 1, -1, 2 ** 127, -(2 ** -126), 2 ** 128 - 2 ** 104],
      ...(nan === "propagates" ? [NaN, Infinity, -Infinity] : []),
      ...(denormals === "kept" ? [2 ** -149, -(2 ** -149), 2 ** -126 - 2 ** -149] : []),
    );
    return compareCopy(kernel as CopyKernel, [values.length], [1, values.length], values);
  },
};

/** Copies of copies in a queue, and of what was written between. */
const queue: Case = {
  id: `${name}/queue`,
  run: async (kernel, random) => {
    using space = new Workspace(kernel);
    const { copy } = { copy: (kernel as CopyKernel).copy.bind(kernel) };
    const size = 3 * 41;
    const source = space.tensor([3, 41], new Float32Array(size));
    const outputs: Tensor[] = [];
    const wanted: Float32Array[] = [];
    for (let i = 0; i < 5; i++) {
      const values = drawn(size, () => random.uniform());
      source.write(values);
      const [first, second] = [space.output([size]), space.output([41, 3])];
      copy(source, first);
      copy(first, second);
      outputs.push(first, second);
      wanted.push(values, values);
    }
    const got = await Promise.all(outputs.map((output) => output.read()));
    return merge(got.map((values, i) => compareExact(`copy ${i}`, values, wanted[i]!, 41)));
  },
};

function refusals({ create }: Pick<Context, "create">): Case {
  return {
    id: `${name}/refusals`,
    run: async (given) => {
      const kernel = given as CopyKernel;
      using space = new Workspace(kernel);
      await using other = await create?.({ threads: 1 }) ?? null;
      const of = (...shape: number[]) => space.use(kernel.tensor(shape));
      const gone = kernel.tensor([2, 3]);
      gone[Symbol.dispose]();
      const foreign = other?.tensor([2, 3]);
      const attempts: Attempts = {
        "a copy of fewer elements": (out) => kernel.copy(of(5), out),
        "a copy of more elements": (out) => kernel.copy(of(7), out),
        "a copy of nothing": (out) => kernel.copy(of(0), out),
        "a copy to itself": (out) => kernel.copy(out, out),
        "a copy of what is disposed": (out) => kernel.copy(gone, out),
        "a copy to what is disposed": () => kernel.copy(of(6), gone),
        "a copy of an array": (out) => kernel.copy(new Float32Array(6) as unknown as Tensor, out),
        "a copy to null": () => kernel.copy(of(6), null as unknown as Tensor),
        ...(foreign && {
          "a copy of another kernel's": (out: Tensor) => kernel.copy(foreign, out),
          "a copy to another kernel's": () => kernel.copy(of(6), foreign),
        }),
      };
      return await refuses(space, attempts);
    },
  };
}

/** The check. */
export const copies: Check = {
  name,
  description: "copies have the same elements in another shape, whatever their size",
  cases: (kernel, { effort, create }) =>
    claims(kernel) && typeof kernel.copy === "function"
      ? [
        ...shapes.map(([from, to]) => shapeCase(from, to)),
        odd,
        queue,
        refusals({ create }),
        ...sizeCases(effort, isGpu(kernel.traits)),
      ]
      : [claim],
};
