/**
 * Mutants of the operations on formulas, each of which the check `formulas` must
 * find, and unusual ones that it must accept: float32 arithmetic with honest
 * claims, joined multiplications and additions, flushing, other orders of sums.
 *
 * @module
 */
import type { Formula } from "../../kernels/formula/formula.ts";
import type { FormulaTraits, KernelTraits, Tensor } from "../../kernels/kernel.ts";
import { eitherNeighbour, flush } from "./conforming.ts";
import { formulaKernel, type FormulaSteps, rightSteps } from "./formula_subject.ts";
import { alter, type ConformingVariant, dataOf, type Mutant } from "./mutant.ts";

const { fround } = Math;
const { unary, binary, test, take, row, writes } = rightSteps;

function mutant(
  name: string,
  steps: Partial<FormulaSteps>,
  { key = false, claims = {} }: { key?: boolean; claims?: Partial<KernelTraits> } = {},
): Mutant {
  return {
    name: `formulas: ${name}`,
    kind: "JavaScript",
    killer: "formulas",
    key,
    create: () => Promise.resolve(formulaKernel(steps, claims)),
  };
}

type Operations = Parameters<typeof alter>[1];

function altered(name: string, change: Operations): Mutant {
  return {
    name: `formulas: ${name}`,
    kind: "JavaScript",
    killer: "formulas",
    create: () => Promise.resolve(alter(formulaKernel({}), change)),
  };
}

/** Unary functions of which one is another. */
const instead = (name: string, other: (a: number) => number): Partial<FormulaSteps> => ({
  unary: (own, a) => own === name ? other(a) : unary(own, a),
});

/** What is kept by a key that is too short. */
function keptBy(keyOf: (formula: Formula) => string): Partial<FormulaSteps> {
  const kept = new Map<string, Formula>();
  return {
    formula: (formula) => {
      const key = keyOf(formula);
      const known = kept.get(key) ?? formula;
      kept.set(key, known);
      return known.operands.length === formula.operands.length &&
          known.outputs.length === formula.outputs.length &&
          known.parameters === formula.parameters &&
          `${known.operands}` === `${formula.operands}`
        ? known
        : formula;
    },
  };
}

function keptParameters(): Partial<FormulaSteps> {
  const kept = new Map<string, readonly number[]>();
  return {
    parameters: (given, { key }) => {
      const known = kept.get(key) ?? [...given];
      kept.set(key, known);
      return known;
    },
  };
}

const float32: FormulaTraits = { arithmetic: "float32", errors: {} };
/** Functions in float64 that are rounded, so that they are nearly correctly rounded. */
const honest: FormulaTraits = {
  arithmetic: "float32",
  errors: {
    gelu: 2 ** -22,
    gelu_derivative: 2 ** -22,
  },
};

/** All of them. */
export const formulaMutants: readonly Mutant[] = [
  mutant("an operand by row is read by column where the matrix is square or wide", {
    at: (along, i, { rows, columns }) =>
      along === "element"
        ? i
        : along === "row" && columns < rows
        ? Math.floor(i / columns)
        : i % (along === "row" ? Math.max(1, rows) : columns),
  }, { key: true }),
  mutant("outputs are written one after the other, in place too", { atOnce: false }),
  mutant("the tail of a vector is not written", {
    writes: (i, { rows, columns }) => i < rows * columns - rows * columns % 4 || columns < 4,
  }),
  mutant("elements beyond 2^16 are not written", { writes: (i) => i < 2 ** 16 }),
  mutant("the third output is not written", {
    writes: (i, size, output) => writes(i, size, output) && output < 2,
  }),
  mutant("results are added to what the output held", { store: (value, old) => value + 0 * old }),
  mutant("max() loses a NaN", {
    binary: (name, a, b) =>
      name === "max" ? (a > b || Number.isNaN(b) ? a : b) : binary(name, a, b),
  }),
  mutant(
    "halves are rounded away from zero",
    instead("round", (a) => Math.sign(a) * Math.round(Math.abs(a))),
  ),
  mutant("the sign of NaN is 0", instead("sign", (a) => Number(a > 0) - Number(a < 0))),
  mutant(
    "log1p is the logarithm of a rounded sum",
    instead("log1p", (a) => Math.log(fround(1 + a))),
  ),
  mutant("expm1 is e^a less 1", instead("expm1", (a) => fround(Math.exp(a)) - 1)),
  mutant("sigmoid is 1 from 16 on", instead("sigmoid", (a) => a > 16 ? 1 : unary("sigmoid", a))),
  mutant("floor is rounding towards zero", instead("floor", Math.trunc)),
  mutant("a root is 0 where its argument is below 2^-120", {
    unary: (name, a) => name === "sqrt" && a < 2 ** -120 && a >= 0 ? 0 : unary(name, a),
  }),
  mutant("a quotient by 0 is 0", {
    binary: (name, a, b) => name === "div" && b === 0 && a === a ? 0 : binary(name, a, b),
  }),
  mutant("the quotient is a product by a float32 reciprocal", {
    binary: (name, a, b) => name === "div" ? a * fround(1 / b) : binary(name, a, b),
  }),
  mutant("less is less or equal", {
    test: (name, a, b) => test(name === "less" ? "lessOrEqual" : name, a, b),
  }),
  mutant("NaN equals NaN", {
    test: (name, a, b) => test(name, a, b) || name === "equal" && a !== a && b !== b,
  }),
  mutant(
    "mish's derivative is silu's",
    instead("mish_derivative", (a) => unary("silu_derivative", a)),
  ),
  mutant("steps are of float32, against the claim", { round: fround }),
  mutant("float32 steps have 20 bits, against the claim", {
    round: (value) =>
      Number.isFinite(value) ? fround(fround(value * 9) + value - fround(value * 9)) : value,
  }, { claims: { formulas: float32 } }),
  mutant("parameters are those of the first call", keptParameters()),
  mutant("formulas are told apart by their length", keptBy(({ key }) => `${key.length}`)),
  mutant(
    "formulas are told apart without their constants",
    keptBy(({ key }) => key.replace(/\d+\.\d+\(/g, "(")),
  ),
  mutant(
    "formulas are told apart by the first 40 characters",
    keptBy(({ key }) => key.slice(0, 40)),
  ),
  mutant("a sum leaves out the last of a line", {
    order: (count) => Array.from({ length: count > 4 ? count - 1 : count }, (_, i) => i),
  }),
  mutant("the largest begins with 0", { start: () => 0 }),
  mutant("the largest begins with the smallest finite number", {
    start: (reduction) => reduction === "max" ? -3.4028234663852886e38 : 0,
  }),
  mutant("the largest leaves out a NaN", {
    take: (reduction, total, value) =>
      reduction === "max" ? (value > total ? value : total) : take(reduction, total, value),
  }),
  mutant("sums are in float16, nearly", {
    take: (reduction, total, value) =>
      reduction === "max"
        ? take(reduction, total, value)
        : Math.round((total + value) * 1024) / 1024,
  }),
  mutant("float64 is claimed, and sums are in float32", {
    take: (reduction, total, value) => fround(take(reduction, total, value)),
  }),
  mutant("a row that was just gathered is gathered once", {
    row: (rows, to) => to > 0 && rows[to] === rows[to - 1] ? (rows[to]! + 1) % 2 : row(rows, to),
  }),
  mutant("rows are gathered up to number 2^16", { row: (rows, to) => rows[to]! % 2 ** 16 }),
  mutant("one element beside 2^16 is another", {
    store: (value) => value,
    at: (along, i, size) => rightSteps.at(along, i === 2 ** 16 ? i - 1 : i, size),
  }),
  mutant("parameters are of float32, against the claim", {
    parameters: (given) => given.map(fround),
  }),
  mutant("there are 32 parameters", {
    parameters: (given) => given.map((number, i) => given[i % 32] ?? number),
  }),
  mutant("a parameter that is NaN is 0", {
    parameters: (given) => given.map((number) => number || 0),
  }),
  mutant("the eighth output is the seventh", {
    writes: (_i, _size, output) => output < 7,
  }),
  mutant("a sum of more than 2^15 is of its first part", {
    order: (count) => Array.from({ length: Math.min(count, 2 ** 15) }, (_, i) => i),
  }),
  altered("one map in a hundred is lost", (original) => {
    let calls = 0;
    return {
      map: (formula, inputs, outputs, parameters) => {
        if (++calls % 100 === 0) {
          for (const output of outputs) output.write(new Float32Array(output.size));
        } else original.map!(formula, inputs, outputs, parameters);
      },
    };
  }),
  altered("memory of every reduction is kept", (original) => ({
    reduce: (reduction, reduced, formula, inputs, out, parameters) => {
      original.reduce!(reduction, reduced, formula, inputs, out, parameters);
      original.tensor([8]);
    },
  })),
  altered("a list of rows is read again when it is too late", (original) => ({
    gather: (a, rows, out) => {
      original.gather!(a, rows, out);
      const read = out.read.bind(out);
      out.read = async () => {
        if (!out.disposed && rows.length > 0) original.gather!(a, rows, out);
        return await read();
      };
    },
  })),
  altered("the version of the second output stays", (original) => ({
    map: (formula, inputs, outputs, parameters) => {
      const before = outputs[1]?.version;
      original.map!(formula, inputs, outputs, parameters);
      if (before !== undefined) Object.assign(outputs[1]!, { version: before });
    },
  })),
  altered("a weight that was used is stale as a later output of map()", (original) => {
    const used = new WeakSet<Tensor>();
    const stale = new WeakMap<Tensor, { version: number; values: Float32Array }>();
    return {
      map: (formula, inputs, outputs, parameters) => {
        const before = outputs.slice(1).filter((output) => used.has(output))
          .map((output) => [output, dataOf(output).slice()] as const);
        original.map!(formula, inputs, outputs, parameters);
        for (const [output, values] of before) {
          stale.set(output, { version: output.version, values });
        }
      },
      dense: (x, weight, ...rest) => {
        used.add(weight);
        const old = stale.get(weight);
        if (old?.version !== weight.version) return original.dense(x, weight, ...rest);
        const now = dataOf(weight).slice();
        dataOf(weight).set(old.values);
        original.dense(x, weight, ...rest);
        dataOf(weight).set(now);
      },
    };
  }),
  altered("the versions of inputs rise", (original) => ({
    map: (formula, inputs, outputs, parameters) => {
      original.map!(formula, inputs, outputs, parameters);
      for (const input of inputs) Object.assign(input, { version: input.version + 1 });
    },
  })),
  altered("an input is scratch memory", (original) => ({
    map: (formula, inputs, outputs, parameters) => {
      original.map!(formula, inputs, outputs, parameters);
      const [last] = inputs.slice(-1);
      if (inputs.length > 1 && last && !outputs.includes(last)) dataOf(last).fill(0, 1);
    },
  })),
  altered(
    "a product's activation by a formula forgets the bias where z is not asked for",
    (original) => ({
      denseMap: (x, weight, bias, formula, y, z) =>
        original.denseMap!(x, weight, z ? bias : null, formula, y, z),
    }),
  ),
  altered("z is what the formula made of it", (original) => ({
    denseMap: (x, weight, bias, formula, y, z) => {
      original.denseMap!(x, weight, bias, formula, y, z);
      if (z && dataOf(y).length === dataOf(z).length) dataOf(z).set(dataOf(y));
    },
  })),
  altered("outputs are written before parameters are checked", (original) => ({
    map: (formula, inputs, outputs, parameters) => {
      try {
        original.map!(formula, inputs, outputs, parameters);
      } catch (error) {
        const [output] = outputs;
        if (output && !output.disposed) dataOf(output).fill(0);
        throw error;
      }
    },
  })),
  altered("rows of a matrix are gathered without a look at them", (original) => ({
    gather: (a, rows, out) => {
      const count = a.shape[0] ?? 0;
      const within = Array.from(rows, (each) => each >= 0 && each < count ? Math.floor(each) : 0);
      original.gather!(a, Array.isArray(rows) ? within : rows, out);
    },
  })),
];

function variant(
  name: string,
  steps: Partial<FormulaSteps>,
  claims: Partial<KernelTraits>,
): ConformingVariant {
  return {
    name: `formulas ${name}`,
    create: () => Promise.resolve(formulaKernel(steps, claims)),
  };
}

/** Variants that must be accepted. */
export const formulaVariants: readonly ConformingVariant[] = [
  variant("are computed in float32, with honest claims", {
    round: fround,
    take: (reduction, total, value) => fround(take(reduction, total, value)),
  }, { formulas: honest }),
  variant("are computed in float32 where float64 steps are joined to the next", {
    round: (value) => Math.abs(value) > 1 ? fround(value) : value,
  }, { formulas: honest }),
  variant("are rounded to either neighbour, with subnormals flushed", {
    round: (value) => flush(eitherNeighbour(flush(value))),
    take: (reduction, total, value) => flush(eitherNeighbour(take(reduction, total, value))),
  }, {
    formulas: { arithmetic: "float32", errors: { ...honest.errors, div: 2.5 * 2 ** -23 } },
    rounding: "either",
    denormals: "flushed",
    nan: "unspecified",
  }),
  variant("have a sigmoid and an exponential of 2^-15, as is claimed", {
    unary: (name, a) =>
      unary(name, a) * (name === "exponential" || name === "sigmoid" ? 1 + 2 ** -16 : 1),
    round: fround,
  }, {
    formulas: {
      ...honest,
      errors: { ...honest.errors, exponential: 2 ** -15, sigmoid: 2 ** -15 },
    },
  }),
  variant("compare subnormals as zeros, and take them as they are", {
    binary: (name, a, b) =>
      name === "max"
        ? flush(a) < flush(b) ? b : a
        : name === "min"
        ? flush(b) < flush(a) ? b : a
        : binary(name, a, b),
    unary: (name, a) => name === "relu" ? (flush(a) < 0 ? 0 : a) : unary(name, a),
    round: fround,
  }, { formulas: honest, denormals: "flushed", nan: "unspecified" }),
  variant("lose NaN, of which nothing is claimed", {
    unary: (name, a) => Number.isNaN(a) ? 0 : unary(name, a),
    binary: (name, a, b) => name === "max" ? (a > b ? a : b) : binary(name, a, b),
    round: fround,
  }, { formulas: honest, nan: "unspecified" }),
  variant("are added up from the last to the first", {
    order: (count) => Array.from({ length: count }, (_, i) => count - 1 - i),
  }, {}),
  variant("have zeros of the other sign", { store: (value) => value === 0 ? -value : value }, {}),
  variant("are exact to 2^-18 in what is claimed so", {
    unary: (name, a) =>
      name === "tanh" || name === "log"
        ? unary(name, a) * (1 + 2 ** -19 * (Number.isFinite(a) ? Math.sin(a) : 0))
        : unary(name, a),
  }, {
    formulas: {
      arithmetic: "float64",
      errors: {
        ...formulaKernel({}).traits.formulas!.errors,
        tanh: 2 ** -18,
        log: 2 ** -18,
      },
    },
  }),
];
