/**
 * The WGSL of formulas: each step is a vec4 of four adjacent elements. Constants
 * are numbers of the dispatch as parameters are, so that formulas that differ in
 * them alone share a program, and NaN and infinities, which no constant of WGSL
 * may be, are as any others.
 *
 * @module
 */
import type { Along, Expression } from "../formula/expression.ts";
import { type Formula, partsOf, partsWithin } from "../formula/formula.ts";
import type { Reduced, Reduction } from "../kernel.ts";
import { binaryCode, comparisonCode, formulaHelpers, unaryCode } from "./formula_math_wgsl.ts";
import {
  type Binding,
  components,
  flatThreads,
  type FormulaActivation,
  groupIndex,
  indented,
  numberAt,
  programText,
} from "./wgsl.ts";

/** A formula, or some outputs of one, as a program computes it. */
export interface FormulaCode {
  /** Equal for formulas of one program. */
  readonly key: string;
  /** The numbers of a dispatch: the parameters, and the constants. */
  numbers(parameters: readonly number[]): number[];
  /** How many numbers these are. */
  readonly count: number;
  /** The operands that are read. */
  readonly operands: ReadonlyMap<number, Along>;
  /** Functions that are called. */
  readonly functions: string;
  /**
   * The lines that compute the outputs, and their names.
   *
   * @param read The WGSL of an operand.
   * @param before How many numbers of the dispatch come before its own.
   */
  body(read: (operand: number) => string, before: number): {
    readonly lines: readonly string[];
    readonly values: readonly string[];
  };
}

const kept = new WeakMap<Formula, Map<string, FormulaCode>>();

/** The code of some outputs of a formula, made once. */
export function codeOf(formula: Formula, outputs: readonly number[]): FormulaCode {
  const all = kept.get(formula) ?? new Map<string, FormulaCode>();
  kept.set(formula, all);
  const which = outputs.join(",");
  const code = all.get(which) ?? makeCode(formula, outputs);
  all.set(which, code);
  return code;
}

function makeCode(formula: Formula, outputs: readonly number[]): FormulaCode {
  const roots = outputs.map((output) => formula.outputs[output]!);
  const needed = partsWithin(roots);
  const steps = formula.steps.filter((step) => needed.has(step));
  const places = new Map(steps.map((step, i) => [step, i]));
  const constants = steps.flatMap((step) => step.kind === "constant" ? [step] : []);
  const numberOf = (step: Expression & { kind: "constant" | "parameter" }) =>
    step.kind === "parameter" ? step.index : formula.parameters + constants.indexOf(step as never);
  const functions = new Set([formulaHelpers]);
  for (const step of steps) {
    if (step.kind === "unary") {
      for (const text of unaryCode(step.name).code) functions.add(text);
    }
  }
  const operands = new Map(
    steps.flatMap((step) => step.kind === "operand" ? [[step.index, step.along] as const] : []),
  );
  const of = (part: Expression) => `s${places.get(part)!}`;
  const keyOf = (step: Expression) => {
    const parts = partsOf(step).map((part) => places.get(part)!).join(",");
    switch (step.kind) {
      case "operand":
        return `${step.along} ${step.index}`;
      case "parameter":
      case "constant":
        return `#${numberOf(step)}`;
      case "choice":
        return `${step.test}(${parts})`;
      default:
        return `${step.name}(${parts})`;
    }
  };
  return {
    key: `${formula.parameters + constants.length}:${steps.map(keyOf).join(";")}=${
      roots.map((root) => places.get(root)!).join(",")
    }`,
    numbers: (parameters) => [...parameters, ...constants.map(({ value }) => value)],
    count: formula.parameters + constants.length,
    operands,
    functions: [...functions].join("\n\n"),
    body: (read, before) => ({
      lines: steps.map((step) =>
        `let ${of(step)} = ${
          codeOfStep(step, of, read, (number) => `vec4f(${numberAt(before + numberOf(number))})`)
        };`
      ),
      values: roots.map(of),
    }),
  };
}

function codeOfStep(
  step: Expression,
  of: (part: Expression) => string,
  read: (operand: number) => string,
  numberOf: (step: Expression & { kind: "constant" | "parameter" }) => string,
): string {
  switch (step.kind) {
    case "operand":
      return read(step.index);
    case "parameter":
    case "constant":
      return numberOf(step);
    case "unary":
      return unaryCode(step.name).call(of(step.a));
    case "binary":
      return binaryCode[step.name](of(step.a), of(step.b));
    case "choice": {
      const test = `${of(step.a)} ${comparisonCode[step.test]} ${of(step.b)}`;
      return `select(${of(step.otherwise)}, ${of(step.then)}, ${test})`;
    }
  }
}

/** A formula of one operand and one output as the activation of a product. */
export function activationOf(formula: Formula): FormulaActivation {
  const code = codeOf(formula, [0]);
  const { lines, values } = code.body(() => "z", 0);
  const body = indented([...lines, `return ${values[0]!};`]);
  return {
    key: code.key,
    text: [code.functions, "", "fn activation(z: vec4f) -> vec4f {", ...body, "}"].join("\n"),
    numbers: code.numbers([]),
  };
}

/** How a program reads an operand: from which buffer, and along what. */
export interface ReadOperand {
  readonly name: string;
  readonly along: Along;
}

/** The three indices of four adjacent elements, and the operands at these. */
function gathered({ name, along }: ReadOperand): string {
  const index = along === "element" ? "flat" : along;
  return `vec4f(${components.map((c) => `${name}[${index}.${c}]`).join(", ")})`;
}

/** What the program of a map depends on besides its formula. */
export interface MapSpec {
  readonly code: FormulaCode;
  /** The buffer of each operand by its number. */
  readonly operands: ReadonlyMap<number, ReadOperand>;
  /** Buffers that are read alone. */
  readonly reads: readonly ReadOperand[];
  /** Whether rows are of whole vec4. */
  readonly aligned: boolean;
}

/** The name of an output's buffer. */
export const outputName = (i: number): string => `out${i}`;

/** Writes all outputs, p.m groups of four elements of rows of p.n. */
export function mapProgram({ code, operands, reads, aligned }: MapSpec): string {
  const read = (operand: number): string => {
    const from = operands.get(operand)!;
    if (from.along === "element") return `${from.name}[at]`;
    if (!aligned) return gathered(from);
    return from.along === "row"
      ? `vec4f(${from.name}[at / (p.n >> 2u)])`
      : `${from.name}[at % (p.n >> 2u)]`;
  };
  const { lines, values } = code.body(read, 0);
  const indices = [...operands.values()].some(({ along }) => along !== "element") && !aligned
    ? [
      // The last group may reach beyond the last element.
      "let flat = min(vec4u(at << 2u) + vec4u(0u, 1u, 2u, 3u), vec4u(p.k - 1u));",
      "let row = flat / vec4u(p.n);",
      "let column = flat - row * p.n;",
    ]
    : [];
  return programText({
    bindings: [
      ...reads.map(({ name, along }): Binding => ({
        name,
        vec4: along === "element" || along === "column" && aligned,
      })),
      ...values.map((_, i): Binding => ({ name: outputName(i), vec4: true, write: true })),
    ],
    globals: [code.functions],
    workgroup: [flatThreads, 1],
    body: [
      groupIndex,
      `let at = index * ${flatThreads}u + lane;`,
      "if (at >= p.m) { return; }",
      ...indices,
      ...lines,
      ...values.map((value, i) => `${outputName(i)}[at] = ${value};`),
    ],
    numbers: code.count,
  });
}

/** What the program of a reduction depends on besides its formula. */
export interface ReduceSpec {
  readonly code: FormulaCode;
  readonly reduction: Reduction;
  readonly reduced: Reduced;
  readonly operands: ReadonlyMap<number, ReadOperand>;
  readonly reads: readonly ReadOperand[];
  /** How many threads share a row, or take four columns each; a power of two. */
  readonly lanes: number;
}

/**
 * Reduces rows or columns of a matrix p.m x p.n, a piece of p.chunk columns or
 * rows in each workgroup of the third dimension, of which there are p.tiles. The
 * first number is what a reduction begins with.
 */
export function reduceProgram(spec: ReduceSpec): string {
  const { code, reduction, reduced, operands, reads, lanes } = spec;
  const others = flatThreads / lanes;
  const { lines, values } = code.body((operand) => gathered(operands.get(operand)!), 1);
  const take = (a: string, b: string) => reduction === "sum" ? `${a} + ${b}` : `larger(${a}, ${b})`;
  const ofRows = reduced === "rows";
  const element = [
    "let inside = column_of < vec4u(last_column);",
    "let column = min(column_of, vec4u(p.n - 1u));",
    "let flat = row * p.n + column;",
    ...lines,
    `total = ${take("total", `select(start, ${values[0]!}, inside)`)};`,
  ];
  const quad = (first: string) => `let column_of = vec4u(${first}) + vec4u(0u, 1u, 2u, 3u);`;
  const loop = ofRows
    ? [
      `let line = index * ${others}u + local.y;`,
      // Threads without a line do not return, since all must reach the barriers.
      "let last_column = select(0u, min(p.n, first + p.chunk), line < p.m);",
      "let row = vec4u(line);",
      `for (var j = first + local.x * 4u; j < last_column; j += ${4 * lanes}u) {`,
      ...indented([quad("j"), ...element]),
      "}",
    ]
    : [
      `let line = (index * ${lanes}u + local.x) * 4u;`,
      "let last_column = p.n;",
      "let last = select(0u, min(p.m, first + p.chunk), line < p.n);",
      `for (var i = first + local.y; i < last; i += ${others}u) {`,
      ...indented(["let row = vec4u(i);", quad("line"), ...element]),
      "}",
    ];
  const [mine, count, step] = ofRows ? ["local.x", lanes, 1] : ["local.y", others, lanes];
  const combine = ["shared_totals[lane] = total;"];
  for (let half = count / 2; half >= 1; half /= 2) {
    const [a, b] = ["shared_totals[lane]", `shared_totals[lane + ${half * step}u]`];
    combine.push(
      "workgroupBarrier();",
      `if (${mine} < ${half}u) { ${a} = ${take(a, b)}; }`,
    );
  }
  const store = ofRows
    ? [
      "if (local.x == 0u && line < p.m) {",
      "  let four = shared_totals[lane];",
      `  let two = ${take("four.xyxy", "four.zwzw")};`,
      `  result[line * p.tiles + group.z] = (${take("two", "two.yxyx")}).x;`,
      "}",
    ]
    : [
      "if (local.y == 0u) {",
      ...components.map((c, i) =>
        `  if (line + ${i}u < p.n) { result[group.z * p.n + line + ${i}u] = shared_totals[lane].${c}; }`
      ),
      "}",
    ];
  return programText({
    bindings: [
      ...reads.map(({ name }): Binding => ({ name, vec4: false })),
      { name: "result", vec4: false, write: true },
    ],
    globals: [`var<workgroup> shared_totals: array<vec4f, ${flatThreads}>;`, code.functions],
    workgroup: [lanes, others],
    body: [
      groupIndex,
      `let start = vec4f(${numberAt(0)});`,
      "var total = start;",
      "let first = group.z * p.chunk;",
      ...loop,
      ...combine,
      "workgroupBarrier();",
      ...store,
    ],
    numbers: 1 + code.count,
  });
}

/**
 * Copies rows by their numbers, as bits: p.k elements, or vec4 of them, of rows of
 * p.n, from p.m rows, of which p.chunk is the first; other rows are left out.
 */
export function gatherProgram(vec4: boolean): string {
  return programText({
    bindings: [
      { name: "a", vec4, bits: true },
      { name: "rows", vec4: false, bits: true },
      { name: "result", vec4, bits: true, write: true },
    ],
    globals: [],
    workgroup: [flatThreads, 1],
    body: [
      groupIndex,
      `let at = index * ${flatThreads}u + lane;`,
      "if (at >= p.k) { return; }",
      // Of a row before the first one this is beyond the last one too.
      "let row = rows[at / p.n] - p.chunk;",
      "if (row >= p.m) { return; }",
      "result[at] = a[row * p.n + at % p.n];",
    ],
  });
}
