/**
 * What each mutation operator replaces, and by what: JavaScript's operators,
 * constants, names of dimensions, functions and instructions. Each replacement
 * stands for a likely slip: a neighbour, the opposite, off by one.
 *
 * @module
 */

const operators: Readonly<Record<string, readonly string[]>> = {
  "+": ["-", "*"],
  "-": ["+"],
  "*": ["+", "/"],
  "/": ["*"],
  "%": ["*", "/"],
  "**": ["*"],
  "<": ["<=", ">"],
  "<=": ["<", ">="],
  ">": [">=", "<"],
  ">=": [">", "<="],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "<<": [">>"],
  ">>": ["<<", ">>>"],
  ">>>": [">>"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|"],
  "=": [],
  "+=": ["-=", "="],
  "-=": ["+=", "="],
  "*=": ["+="],
  "/=": ["*="],
  "??=": ["="],
  "||=": ["="],
  "&&=": ["="],
  "++": ["--"],
  "--": ["++"],
};

/** What is put for an operator; none for one that is not known. */
export function operatorsFor(sign: string): readonly string[] {
  return Object.hasOwn(operators, sign) ? operators[sign] ?? [] : [];
}

/** What is put for a number: whole ones one more and one less, twice as much and 0; others a little more, the opposite and 0. */
export function constantsFor(value: number): number[] {
  const others = Number.isInteger(value)
    ? [value + 1, value - 1, 0, 2 * value]
    : [value * (1 + 2 ** -12), -value, 0];
  return [...new Set(others)].filter((other) => !Object.is(other, value) && Number.isFinite(other));
}

/** Names that are taken for each other. */
export const nameGroups: readonly (readonly string[])[] = [
  ["m", "n", "k"],
  ["mr", "nr"],
  ["mc", "nc", "kc"],
  ["rows", "columns"],
  ["row", "column"],
  ["rowStride", "columnStride"],
  ["transposeA", "transposeB"],
  ["x", "y", "z", "dy", "dz"],
  ["i", "j", "p"],
  ["first", "last"],
  ["start", "end"],
];

const functions: Readonly<Record<string, readonly string[]>> = {
  min: ["max"],
  max: ["min"],
  floor: ["ceil"],
  ceil: ["floor"],
  round: ["floor"],
  trunc: ["ceil"],
  exp: ["expm1"],
  expm1: ["exp"],
  log: ["log1p"],
  log1p: ["log"],
  slice: ["subarray"],
  subarray: ["slice"],
};

/** The arithmetic of numbers that are not whole. */
const arithmetic = { add: ["sub"], sub: ["add"], mul: ["add", "div"], div: ["mul"] };
const comparisons = { less: ["lessOrEqual"], lessOrEqual: ["less"], greater: ["greaterOrEqual"] };

/** Siblings among the instructions of kernels/wasm/instructions.ts, by the object that has them. */
const instructions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  i32: {
    ...comparisons,
    greaterOrEqual: ["greater"],
    add: ["sub"],
    sub: ["add"],
    mul: ["add"],
    shiftLeft: ["shiftRight"],
    shiftRight: ["shiftLeft"],
  },
  f32: { add: ["mul"], mul: ["add"] },
  v128: {
    and: ["or", "andNot"],
    or: ["and"],
    xor: ["and", "or"],
    andNot: ["and"],
    load32Splat: ["load32Zero"],
  },
  i32x4: { add: ["sub"], sub: ["add"] },
  f32x4: {
    ...arithmetic,
    ...comparisons,
    greaterOrEqual: ["greater"],
    equal: ["notEqual"],
    notEqual: ["equal"],
    min: ["max", "pmin"],
    max: ["min", "pmax"],
    pmin: ["min", "pmax"],
    pmax: ["max", "pmin"],
    abs: ["neg"],
    neg: ["abs"],
  },
  f64x2: {
    ...arithmetic,
    less: ["greater"],
    greater: ["less"],
    min: ["max"],
    max: ["min"],
    abs: ["neg"],
    neg: ["abs"],
  },
};

/** Functions that take the same operands as `object.name`. */
export function siblings(object: string | null, name: string): readonly string[] {
  const table = object !== null && Object.hasOwn(instructions, object)
    ? instructions[object] ?? {}
    : functions;
  return Object.hasOwn(table, name) ? table[name] ?? [] : [];
}
