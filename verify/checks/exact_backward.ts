/**
 * Exact tier, backward: the gradients of a linear Dense layer on whole numbers,
 * bit by bit, and the adjoint identity Σ z∘dy = Σ x∘dx = Σ W∘dW, which joins
 * forward and backward without a reference. Then every transpose of matmul, and
 * accumulation into what an output held.
 *
 * @module
 */
import type { Dimensions } from "../../kernels/checks.ts";
import { Dense } from "../../layers/dense.ts";
import { type Case, type Check, exactMost, integers, shapedCase, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { exactProduct, referenceColumnSums } from "../reference.ts";
import { edgeShapes, exactShapes, layerShapes, smallShapes, thin } from "../shapes.ts";

const name = "exact-backward";

function inner(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}

/** What is wrong where the three sums are not one number: which of them differs, and, by `wrongZ`, which element it comes from. */
export function adjointProblem(
  sums: Readonly<Record<"z" | "x" | "W", number>>,
  wrongZ: () => string | null,
): string | null {
  const { z, x, W } = sums;
  if (z === x && x === W) return null;
  const odd = x === W ? "z" : z === W ? "x" : z === x ? "W" : null;
  return [
    `the adjoint identity: Σ z∘dy = ${z}, Σ x∘dx = ${x} and Σ W∘dW = ${W} must be equal${
      odd === null ? "" : `, and that of ${odd} differs`
    }`,
    ...(odd === "x" || odd === "W" ? [] : [wrongZ() ?? ""]),
  ].filter(Boolean).join("; ");
}

function layerCase(shape: Dimensions): Case {
  return shapedCase(`${name}/layer`, shape, null, async ({ m, n, k }, kernel, random) => {
    const most = exactMost(Math.max(m, n, k));
    const x = integers(m * k, most, random);
    const weight = integers(k * n, most, random);
    const dy = integers(m * n, most, random);
    using space = new Workspace(kernel);
    const layer = space.use(new Dense(kernel, { units: n, kernelInitializer: "zeros" }));
    layer.build([null, k]);
    layer.setWeights([weight, new Float32Array(n)]);
    const input = space.tensor([m, k], x);
    const y = space.use(layer.forward(input));
    const dx = space.use(layer.backward(space.tensor([m, n], dy)));
    const got = {
      dx: await dx.read(),
      dw: await layer.weightGradient.read(),
      db: await layer.biasGradient?.read() ?? new Float32Array(0),
    };
    const z = await y.read();
    return merge([
      compareExact(
        "dW",
        got.dw,
        exactProduct({ m: k, n, k: m }, x, dy, { transposeA: true }),
        n,
      ),
      compareExact("db", got.db, referenceColumnSums(m, n, dy).value, n),
      compareExact(
        "dx",
        got.dx,
        exactProduct({ m, n: k, k: n }, dy, weight, { transposeB: true }),
        k,
      ),
      outcomeOf(adjointProblem(
        { z: inner(z, dy), x: inner(x, got.dx), W: inner(weight, got.dw) },
        () => compareExact("z", z, exactProduct({ m, n, k }, x, weight), n).problem,
      )),
    ]);
  });
}

function matmulCase(shape: Dimensions, transposeA: boolean, transposeB: boolean): Case {
  const family = `matmul-${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  return shapedCase(`${name}/${family}`, shape, null, async (shape, kernel, random) => {
    const { m, n, k } = shape;
    const most = exactMost(k);
    const a = integers(m * k, most, random);
    const b = integers(k * n, most, random);
    const initial = integers(m * n, most * most, random);
    using space = new Workspace(kernel);
    const left = space.tensor(transposeA ? [k, m] : [m, k], a);
    const right = space.tensor(transposeB ? [n, k] : [k, n], b);
    const replaced = space.output([m, n]);
    kernel.matmul(left, right, replaced, { transposeA, transposeB });
    const added = space.tensor([m, n], initial);
    kernel.matmul(left, right, added, { transposeA, transposeB, accumulate: true });
    const want = exactProduct(shape, a, b, { transposeA, transposeB });
    return merge([
      compareExact("out", await replaced.read(), want, n),
      compareExact(
        "out accumulated",
        await added.read(),
        want.map((value, i) => value + initial[i]!),
        n,
      ),
    ]);
  });
}

function sumRowsCase(m: number, n: number): Case {
  return {
    id: `${name}/sum-rows/${m}x${n}`,
    run: async (kernel, random): Promise<Outcome> => {
      const a = integers(m * n, 1000, random);
      const initial = integers(n, 1000, random);
      using space = new Workspace(kernel);
      const tensor = space.tensor([m, n], a);
      const replaced = space.output([n]);
      kernel.sumRows(tensor, replaced);
      const added = space.tensor([n], initial);
      kernel.sumRows(tensor, added, { accumulate: true });
      return merge([
        compareExact("out", await replaced.read(), referenceColumnSums(m, n, a).value, n),
        compareExact(
          "out accumulated",
          await added.read(),
          referenceColumnSums(m, n, a, initial).value,
          n,
        ),
      ]);
    },
  };
}

/** At a kink the gradient is that of Keras: relu's is 0 at 0, of either sign. */
const kinkCase: Case = {
  id: `${name}/relu-at-0`,
  run: async (kernel, random) => {
    const y = Float32Array.from({ length: 60 }, (_, i) => i % 3 === 0 ? 0 : i % 3 === 1 ? -0 : i);
    const dy = integers(60, 1000, random);
    using space = new Workspace(kernel);
    const want = dy.map((value, i) => y[i]! > 0 ? value : 0);
    const outcomes: Outcome[] = [];
    // z is not needed, and changes nothing where it is given.
    for (const z of [null, space.tensor([4, 15], y)]) {
      const dz = space.output([4, 15]);
      const [result, given] = [space.tensor([4, 15], y), space.tensor([4, 15], dy)];
      kernel.activateGradient("relu", z, result, given, dz);
      outcomes.push(compareExact(z ? "dz with z" : "dz", await dz.read(), want, 15));
    }
    return merge(outcomes);
  },
};

/** The check. */
export const exactBackward: Check = {
  name,
  anyShape: true,
  description: "gradients, transposes and accumulation on whole numbers give the right bits",
  cases: ({ traits }, { effort }) => {
    const smoke = effort === "smoke";
    const small = smallShapes(effort === "full" ? 6 : smoke ? 2 : 3);
    const edges = smoke ? thin(exactShapes(traits, effort), 3) : edgeShapes(traits);
    // Each is three products, and the forward pass has seen all edges: every other one will do.
    const some = effort === "quick" ? thin(edges, 2) : edges;
    const layers = [...small, ...some, ...(smoke ? [] : layerShapes)].filter(({ n }) => n > 0);
    const transposes = [[false, false], [false, true], [true, false], [true, true]] as const;
    const heights = smoke ? [0, 1, 2, 9] : [0, 1, 2, 9, 130];
    return [
      ...layers.map(layerCase),
      ...transposes.flatMap(([transposeA, transposeB], t) =>
        [...small, ...edges.filter((_, i) => effort === "full" || i % 4 === t)].map((shape) =>
          matmulCase(shape, transposeA, transposeB)
        )
      ),
      kinkCase,
      ...heights.flatMap((m) => [0, 1, 3, 9, 33].map((n) => sumRowsCase(m, n))),
    ];
  },
};
