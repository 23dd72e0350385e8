/**
 * Every operation hundreds of times on the same data, compared with its own
 * first result by the bits: for faults that one call in hundreds has. Calls
 * alternate between two shapes and three sets of operands of each, which write to
 * the same output, so that a call that writes nothing shows, and what is kept of
 * one must not be used for the other.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel, MatmulOptions, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Effort, floats, Workspace } from "../check.ts";
import { compareExact, type Outcome, outcomeOf } from "../compare.ts";
import { isGpu } from "../device.ts";

/** What an operation needs besides its operands. */
interface Place {
  readonly kernel: Kernel;
  readonly space: Workspace;
  readonly shape: Dimensions;
  /** Data, different at each call. */
  readonly data: (...shape: readonly number[]) => Tensor;
}

/** An operation on one shape: its outputs, and calls that write to them from operands of their own. */
interface Repeatable {
  readonly outputs: readonly Tensor[];
  readonly call: () => () => void;
}

type Operation = (place: Place) => Repeatable;

function dense(activation: Activation, withZ: boolean, withBias = true): Operation {
  return ({ kernel, space, shape: { m, n, k }, data }) => {
    const [y, z] = [space.output([m, n]), withZ ? space.output([m, n]) : undefined];
    // One that most calls share, so that uses of it are as many as calls.
    const common = data(k, n);
    let made = 0;
    return {
      outputs: z ? [y, z] : [y],
      call: () => {
        const weight = made++ === 0 ? data(k, n) : common;
        const [x, bias] = [data(m, k), withBias ? data(n) : null];
        return () => kernel.dense(x, weight, bias, activation, y, z);
      },
    };
  };
}

function matmul(options: MatmulOptions): Operation {
  return ({ kernel, space, shape: { m, n, k }, data }) => {
    const out = space.output([m, n]);
    const right = () => options.transposeB ? data(n, k) : data(k, n);
    const common = right();
    let made = 0;
    return {
      outputs: [out],
      call: () => {
        const a = options.transposeA ? data(k, m) : data(m, k);
        const b = made++ === 0 ? right() : common;
        const initial = new Float32Array(m * n).fill(k);
        return () => {
          if (options.accumulate) out.write(initial);
          kernel.matmul(a, b, out, options);
        };
      },
    };
  };
}

function sumRows(accumulate: boolean): Operation {
  return ({ kernel, space, shape: { m, n }, data }) => {
    const out = space.output([n]);
    return {
      outputs: [out],
      call: () => {
        const [a, initial] = [data(m, n), new Float32Array(n).fill(m)];
        return () => {
          if (accumulate) out.write(initial);
          kernel.sumRows(a, out, { accumulate });
        };
      },
    };
  };
}

function activate(activation: Activation): Operation {
  return ({ kernel, space, shape: { m, n }, data }) => {
    const y = space.output([m, n]);
    return {
      outputs: [y],
      call: () => {
        const z = data(m, n);
        return () => kernel.activate(activation, z, y);
      },
    };
  };
}

function gradient(activation: Activation): Operation {
  return ({ kernel, space, shape: { m, n }, data }) => {
    const dz = space.output([m, n]);
    return {
      outputs: [dz],
      call: () => {
        const [z, dy, y] = [data(m, n), data(m, n), space.output([m, n])];
        kernel.activate(activation, z, y);
        return () => kernel.activateGradient(activation, z, y, dy, dz);
      },
    };
  };
}

const write: Operation = ({ space, shape: { m, n } }) => {
  const out = space.output([m, n]);
  let calls = 0;
  return {
    outputs: [out],
    call: () => {
      const values = new Float32Array(m * n).fill(++calls);
      return () => out.write(values);
    },
  };
};

const booleans = [false, true] as const;
const [sums, addedSums] = [sumRows(false), sumRows(true)];
const withoutVariants: ReadonlySet<Operation> = new Set([sums, addedSums, write]);

/** All operations, by the name of the family. */
const operations: Readonly<Record<string, Operation>> = {
  "dense-without-bias": dense("linear", false, false),
  ...Object.fromEntries(activations.flatMap((activation) => [
    [`dense-${activation}`, dense(activation, false)],
    [`dense-z-${activation}`, dense(activation, true)],
    [`activate-${activation}`, activate(activation)],
    [`gradient-${activation}`, gradient(activation)],
  ])),
  ...Object.fromEntries(
    booleans.flatMap((transposeA) =>
      booleans.flatMap((transposeB) =>
        booleans.map((accumulate) => [
          `matmul-${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}${accumulate ? "-added" : ""}`,
          matmul({ transposeA, transposeB, accumulate }),
        ])
      )
    ),
  ),
  "sum-rows": sums,
  "sum-rows-added": addedSums,
  write,
};

/** So many calls are made before their results are waited for. */
const together = 64;

const between = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

async function repeat(
  operation: Operation,
  calls: number,
  kernel: Kernel,
  random: Random,
): Promise<Outcome> {
  using space = new Workspace(kernel);
  const data = (...shape: readonly number[]) =>
    space.tensor(shape, floats(shape.reduce((one, other) => one * other, 1), -1, 1, random));
  const { mr, nr } = kernel.traits.tile;
  const larger = { m: between(mr, 4, 8) + 1, n: between(nr, 4, 16) + 2, k: 9 };
  const places = [{ m: 2, n: 3, k: 4 }, larger].map((shape) => {
    const { outputs, call } = operation({ kernel, space, shape, data });
    return {
      outputs,
      calls: [call(), call(), call()],
      next: 0,
      first: new Map<string, Float32Array>(),
    };
  });
  for (let done = 0; done < calls; done += together) {
    const results: Promise<Outcome>[] = [];
    for (let at = done; at < Math.min(done + together, calls); at++) {
      const place = places[random.between(0, 1)]!;
      const which = place.next;
      place.next = (which + 1) % place.calls.length;
      const versions = place.outputs.map(({ version }) => version);
      place.calls[which]!();
      for (const [i, output] of place.outputs.entries()) {
        if (!(output.version > versions[i]!)) {
          return outcomeOf(`call ${at + 1} must raise the version of output ${i}`);
        }
        const reading = output.read();
        results.push(reading.then((values): Outcome => {
          const key = `${which} ${i}`;
          const first = place.first.get(key);
          if (!first) place.first.set(key, values);
          const what = `output ${i} of call ${at + 1}, against the first call on the same data`;
          return compareExact(what, values, first ?? values, output.shape.at(-1) ?? 1);
        }));
      }
    }
    const failed = (await Promise.all(results)).find(({ problem }) => problem !== null);
    if (failed) return failed;
  }
  return { worst: 0, problem: null };
}

/** Tensors that are made, read and disposed again and again. */
async function recreate(calls: number, kernel: Kernel, random: Random): Promise<Outcome> {
  using space = new Workspace(kernel);
  const kept = space.tensor([3], Float32Array.of(1, 2, 3));
  const before = kernel.memory?.() ?? 0;
  for (let done = 0; done < calls; done += together) {
    using some = new Workspace(kernel);
    const made = Array.from({ length: together }, (_, i) => {
      const shape = [random.between(1, 4), random.between(1, 9)] as const;
      const values = floats(shape[0] * shape[1], -1, 1, random);
      const zero = i % 4 === 0;
      const tensor = some.use(kernel.tensor(shape, zero ? undefined : values));
      return { tensor, want: zero ? new Float32Array(values.length) : values, columns: shape[1] };
    });
    const outcomes = await Promise.all(
      made.map(async ({ tensor, want, columns }, i) =>
        compareExact(`tensor ${done + i + 1}`, await tensor.read(), want, columns)
      ),
    );
    const failed = outcomes.find(({ problem }) => problem !== null);
    if (failed) return failed;
  }
  await kernel.finished();
  const after = kernel.memory?.() ?? 0;
  // Where cases run side by side, as those of a GPU do, others may have tensors now.
  if (!isGpu(kernel.traits) && after > before) {
    return outcomeOf(`memory() is ${after} after as many disposals as tensors, and was ${before}`);
  }
  return compareExact("a tensor beside them", await kept.read(), [1, 2, 3], 3);
}

/** Calls that must be refused, each again and again. */
async function refuse(calls: number, kernel: Kernel): Promise<Outcome> {
  using space = new Workspace(kernel);
  const values = Float32Array.of(1, 2, 3, 4);
  const [a, b, out, gone] = [0, 1, 2, 3].map(() => space.tensor([2, 2], values)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const vector = space.tensor([3], Float32Array.of(5, 6, 7));
  gone[Symbol.dispose]();
  const attempts: Readonly<Record<string, () => void>> = {
    "dense onto its weight": () => kernel.dense(a, b, null, "linear", b),
    "dense with y as z": () => kernel.dense(a, b, null, "linear", out, out),
    "dense of a disposed x": () => kernel.dense(gone, b, null, "linear", out),
    "dense with a bias that is too long": () => kernel.dense(a, b, vector, "linear", out),
    "matmul onto an operand": () => kernel.matmul(a, b, a),
    "matmul of a disposed operand": () => kernel.matmul(a, gone, out),
    "activate in place": () => kernel.activate("relu", a, a),
    "activate of a disposed tensor": () => kernel.activate("relu", gone, out),
    "a gradient onto dy": () => kernel.activateGradient("relu", null, a, b, b),
    "a gradient without z": () => kernel.activateGradient("gelu", null, a, b, out),
    "sumRows into a vector that is too long": () => kernel.sumRows(a, vector),
    "write of too few elements": () => out.write(new Float32Array(3)),
  };
  for (let call = 1; call <= calls; call++) {
    for (const [what, attempt] of Object.entries(attempts)) {
      let thrown: unknown = null;
      try {
        attempt();
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof DensemarkError)) {
        return outcomeOf(
          `${what} must throw a DensemarkError; attempt ${call} gave ${thrown ?? "no error"}`,
        );
      }
    }
  }
  for (const [i, tensor] of [a, b, out].entries()) {
    const outcome = compareExact(`operand ${i} afterwards`, await tensor.read(), values, 2);
    if (outcome.problem) return outcome;
  }
  return { worst: 0, problem: null };
}

/** Calls of each operation: for kernels that answer at once, and for those whose reads take a while. */
const repeats: Readonly<Record<Effort, readonly [number, number]>> = {
  smoke: [320, 4],
  quick: [512, 16],
  full: [4096, 160],
};

/** Of activations, only these where there is little time. */
const few: readonly Activation[] = ["linear", "relu", "tanh", "gelu", "softmax"];

/** The cases, as parts of a check of that name. */
export function repeatedCases(name: string, kernel: Kernel, effort: Effort): Case[] {
  const slow = isGpu(kernel.traits);
  const calls = repeats[effort][slow ? 1 : 0];
  const isFew = (family: string) => few.some((activation) => family.endsWith(`-${activation}`));
  const isActivation = (family: string) =>
    activations.some((activation) => family.endsWith(`-${activation}`));
  const chosen = Object.entries(operations).filter(([family]) =>
    (effort !== "smoke" && !(slow && effort === "quick")) || !isActivation(family) || isFew(family)
  );
  const caseOf = (
    family: string,
    times: number,
    run: (kernel: Kernel, random: Random) => Promise<Outcome>,
  ): Case => ({ id: `${name}/repeated-${family}/${times}`, run });
  return [
    ...chosen.map(([family, operation]) => {
      // What has no activations or transposes has fewer cases, and more calls in each.
      const times = withoutVariants.has(operation) ? 2 * calls : calls;
      return caseOf(
        family,
        times,
        (kernel, random) => repeat(operation, times, kernel, random),
      );
    }),
    caseOf("tensor", 2 * calls, (kernel, random) => recreate(2 * calls, kernel, random)),
    caseOf("refused", calls, (kernel) => refuse(calls, kernel)),
  ];
}
