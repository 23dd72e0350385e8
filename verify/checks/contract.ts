/**
 * The contract's promises that are not arithmetic: what does not fit throws a
 * DensemarkError before anything is written, versions rise with every write,
 * and a weight that was packed is packed anew once it was written.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Check, floats, Workspace } from "../check.ts";
import { compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { isGpu } from "../device.ts";
import { type Attempts, refuses } from "../refusals.ts";
import { argumentCases } from "./contract_arguments.ts";
import { emptyCase } from "./contract_empty.ts";

const name = "contract";

function refusalCase(
  family: string,
  run: (kernel: Kernel, space: Workspace) => Promise<Outcome>,
): Case {
  return {
    id: `${name}/${family}`,
    run: async (kernel) => {
      using space = new Workspace(kernel);
      return await run(kernel, space);
    },
  };
}

const shapes = refusalCase("shapes", (kernel, space) => {
  const of = (...shape: number[]) => space.use(kernel.tensor(shape));
  return refuses(space, {
    "x with a column too many": (y) => kernel.dense(of(2, 5), of(4, 3), of(3), "linear", y),
    "a weight of three axes": (y) => kernel.dense(of(2, 4), of(4, 3, 1), of(3), "linear", y),
    "a bias that is too long": (y) => kernel.dense(of(2, 4), of(4, 3), of(4), "linear", y),
    "a bias of one number": (y) => kernel.dense(of(2, 4), of(4, 3), of(1), "linear", y),
    "a bias of two axes": (y) => kernel.dense(of(2, 4), of(4, 3), of(1, 3), "linear", y),
    "y of the other way round": () => kernel.dense(of(2, 4), of(4, 3), of(3), "linear", of(3, 2)),
    "y with a row too few": (y) => kernel.dense(of(3, 4), of(4, 3), of(3), "linear", y),
    "z of another shape": (y) => kernel.dense(of(2, 4), of(4, 3), null, "linear", y, of(3, 2)),
    "a product that does not fit": (y) => kernel.matmul(of(2, 4), of(3, 4), y),
    "a transposed product that does not fit": (y) =>
      kernel.matmul(of(2, 4), of(4, 3), y, { transposeB: true }),
    "an activation onto another shape": (y) => kernel.activate("relu", of(3, 2), y),
    "a gradient of another shape": (y) =>
      kernel.activateGradient("relu", null, of(2, 3), of(3, 2), y),
    "gelu's gradient without z": (y) =>
      kernel.activateGradient("gelu", null, of(2, 3), of(2, 3), y),
    "a sum of rows into a matrix": (y) => kernel.sumRows(of(4, 6), y),
    "data that is too short": (y) => y.write(new Float32Array(5)),
    "a tensor of a negative axis": () => of(-1, 2),
    "a tensor with half an axis": () => of(0.5),
  });
});

type Operands = Readonly<Record<string, ReturnType<Workspace["tensor"]>>>;

// Every operation with all its operands by name, each of the shape [3, 3] or [3].
const operations: Readonly<
  Record<string, {
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly call: (kernel: Kernel, of: Operands) => void;
  }>
> = {
  dense: {
    inputs: ["x", "weight", "bias"],
    outputs: ["y", "z"],
    call: (kernel, { x, weight, bias, y, z }) => kernel.dense(x!, weight!, bias!, "linear", y!, z!),
  },
  matmul: {
    inputs: ["a", "b"],
    outputs: ["out"],
    call: (kernel, { a, b, out }) => kernel.matmul(a!, b!, out!),
  },
  activate: {
    inputs: ["z"],
    outputs: ["y"],
    call: (kernel, { z, y }) => kernel.activate("relu", z!, y!),
  },
  activateGradient: {
    inputs: ["z", "y", "dy"],
    outputs: ["dz"],
    call: (kernel, { z, y, dy, dz }) => kernel.activateGradient("gelu", z!, y!, dy!, dz!),
  },
  sumRows: {
    inputs: ["a"],
    outputs: ["total"],
    call: (kernel, { a, total }) => kernel.sumRows(a!, total!),
  },
};

/** What a tensor of another kernel looks like: a copy that names another owner. */
function foreign(tensor: ReturnType<Workspace["tensor"]>): ReturnType<Workspace["tensor"]> {
  return {
    shape: tensor.shape,
    size: tensor.size,
    kernel: { ...tensor.kernel, name: "another" } as Kernel,
    disposed: false,
    version: 0,
    write: () => {},
    read: () => tensor.read(),
    [Symbol.dispose]: () => {},
  };
}

const ownership = refusalCase("ownership", async (kernel, space) => {
  const attempts: Record<string, Attempts[string]> = {};
  for (const [operation, { inputs, outputs, call }] of Object.entries(operations)) {
    const names = [...inputs, ...outputs];
    const operands = () =>
      Object.fromEntries(names.map((name) => [
        name,
        space.use(kernel.tensor(name === "bias" || name === "total" ? [3] : [3, 3])),
      ]));
    // The call itself must work, or its refusals would mean nothing.
    call(kernel, operands());
    for (const name of names) {
      attempts[`${operation} with ${name} disposed`] = () => {
        const all = operands();
        all[name]?.[Symbol.dispose]();
        call(kernel, all);
      };
      attempts[`${operation} with ${name} of another kernel`] = () => {
        const all = operands();
        call(kernel, { ...all, [name]: foreign(all[name]!) });
      };
    }
    for (const output of outputs) {
      for (const other of names.filter((name) => name !== output && name !== "bias")) {
        if (output === "total") continue;
        attempts[`${operation} with ${output} being ${other}`] = () => {
          const all = operands();
          call(kernel, { ...all, [output]: all[other]! });
        };
      }
    }
  }
  const gone = kernel.tensor([2, 4]);
  gone[Symbol.dispose]();
  attempts["writing to a disposed tensor"] = () => gone.write(new Float32Array(8));
  attempts["an unknown activation"] = (y) =>
    kernel.activate("unknown" as "relu", space.use(kernel.tensor([2, 3])), y);
  const outcome = await refuses(space, attempts);
  if (outcome.problem) return outcome;
  const read = await gone.read().catch((error: unknown) => error);
  return read instanceof DensemarkError
    ? outcome
    : { worst: Infinity, problem: "reading a disposed tensor must reject with a DensemarkError" };
});

const versions: Case = {
  id: `${name}/versions`,
  run: async (kernel, random) => {
    using space = new Workspace(kernel);
    const weights = [floats(12, -1, 1, random), floats(12, -1, 1, random)] as const;
    // Each row of x picks one of the weight. Of more rows than a kernel takes without packing it.
    const [m, k, n] = [9, 4, 3];
    const x = space.tensor([m, k], Float32Array.from({ length: m * k }, (_, i) => +(i % 5 === 0)));
    const weight = space.tensor([k, n], weights[0]);
    const y = space.output([m, n]);
    const outcomes: Outcome[] = [];
    for (const values of weights) {
      const before = [weight.version, y.version];
      const written = [["write() of a weight", weight], ["dense() into y", y]] as const;
      weight.write(values);
      kernel.dense(x, weight, null, "linear", y);
      for (const [i, [what, { version }]] of written.entries()) {
        const old = before[i] ?? 0;
        outcomes.push(outcomeOf(
          version > old
            ? null
            : `${what} must raise its version, from ${old} before; it is ${version} afterwards`,
        ));
      }
      // A weight that is packed and kept, from its second use or third, must not be used after it has changed.
      const want = Float32Array.from({ length: m * n }, (_, i) => {
        const picked = Math.floor(i / n) % (k + 1);
        return picked < k ? values[picked * n + i % n]! : 0;
      });
      for (let use = 0; use < 3; use++) {
        outcomes.push(compareExact("y", await y.read(), want, n));
        kernel.dense(x, weight, null, "linear", y);
      }
    }
    return merge(outcomes);
  },
};

/** The uses of a matrix t of whose copies a kernel may keep one, each with a result that is its number times the columns. */
const usesOfMatrix: Readonly<
  Record<string, (kernel: Kernel, ones: Tensor, t: Tensor, out: Tensor) => void>
> = {
  "as a weight": (kernel, ones, t, out) => kernel.dense(ones, t, null, "linear", out),
  "as the input of a layer": (kernel, ones, t, out) => kernel.dense(t, ones, null, "linear", out),
  "on the right": (kernel, ones, t, out) => kernel.matmul(ones, t, out),
  "transposed on the right": (kernel, ones, t, out) =>
    kernel.matmul(ones, t, out, { transposeB: true }),
  "transposed on the left": (kernel, ones, t, out) =>
    kernel.matmul(t, ones, out, { transposeA: true }),
};

/** Many writes between two uses of a matrix: what tells its contents apart by a number of few bits takes the last for the first. */
const manyWrites: Case = {
  id: `${name}/many-writes`,
  run: async (kernel) => {
    using space = new Workspace(kernel);
    const n = 16;
    const filled = (value: number) => space.tensor([n, n], new Float32Array(n * n).fill(value));
    const ones = filled(1);
    const outcomes: Outcome[] = [];
    for (const [how, use] of Object.entries(usesOfMatrix)) {
      // A write on a GPU is a call to its driver.
      const long = how === "as a weight" && !isGpu(kernel.traits);
      for (const writes of long ? [256, 65_536] : [256]) {
        const matrix = filled(1);
        const out = space.output([n, n]);
        for (let times = 0; times < 4; times++) use(kernel, ones, matrix, out);
        const { version } = matrix;
        const values = new Float32Array(n * n).fill(2);
        for (let i = 0; i < writes; i++) matrix.write(values);
        use(kernel, ones, matrix, out);
        const what = `a product after ${writes} writes to a matrix that is used ${how}`;
        outcomes.push(
          compareExact(what, await out.read(), new Float32Array(n * n).fill(2 * n), n),
          outcomeOf(
            matrix.version > version ? null : `${writes} writes must raise the version of a tensor`,
          ),
        );
      }
    }
    return merge(outcomes);
  },
};

/** The check. */
export const contract: Check = {
  name,
  description: "what does not fit is refused before anything is written; every write counts",
  cases: (_kernel, { create }) => [
    shapes,
    ownership,
    versions,
    manyWrites,
    emptyCase,
    ...argumentCases({ create }),
  ],
};
