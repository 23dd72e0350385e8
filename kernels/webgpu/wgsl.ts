/**
 * What all generated WGSL has in common: the parameters, the bindings, loads with
 * checks of bounds, and the epilogue of a product, which applies bias and
 * activation and stores the results.
 *
 * @module
 */
import { anyActivationFunction } from "./activations_wgsl.ts";

/** The parameters of a dispatch, in the order of the uniform buffer. */
export const parameterNames = [
  "m",
  "n",
  "k",
  "stride_a",
  "stride_b",
  "tiles_n",
  "tiles",
  "chunk",
  "bias",
  "accumulate",
  "activation",
  "stride_y",
] as const;

/** The parameters of a dispatch, 0 by default. */
export type DispatchParameters = Partial<Record<typeof parameterNames[number], number>>;

/** Lines within a block. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** A storage buffer of a program. */
export interface Binding {
  readonly name: string;
  readonly vec4: boolean;
  readonly write?: boolean;
  /** Whether its elements are taken as bits, and not as float32. */
  readonly bits?: boolean;
}

/** The parameters at binding 0, with so many float32 numbers besides, and the buffers from 1 on. */
function declarations(bindings: readonly Binding[], numbers: number): string {
  const fields = [
    ...parameterNames.map((name) => `${name}: u32`),
    ...(numbers > 0 ? [`numbers: array<vec4f, ${Math.ceil(numbers / 4)}>`] : []),
  ];
  return [
    `struct Parameters { ${fields.join(", ")} }`,
    "@group(0) @binding(0) var<uniform> p: Parameters;",
    ...bindings.map(({ name, vec4, write, bits }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${write ? "read_write" : "read"}> ${name}: array<${
        vec4 ? "vec4" : bits ? "u32" : "f32"
      }${vec4 ? (bits ? "u" : "f") : ""}>;`
    ),
  ].join("\n");
}

/** The parameter `bias`: none, one for each column, or one for all. */
export const biasMode = { none: 0, columns: 1, one: 2 } as const;

/**
 * What the code of an epilogue depends on. Bias, accumulation and activation are
 * parameters rather than programs of their own: they are the same for all
 * threads, which therefore all take the same branch.
 */
export interface EpilogueSpec {
  /** Whether it has all activations, or linear and relu only. */
  readonly any: boolean;
  /** Whether results are stored by vec4. */
  readonly vec4: boolean;
  /** Whether all rows and columns are known to be within the output. */
  readonly fit: boolean;
  /** Whether the activation's input is stored too. */
  readonly z: boolean;
}

/** The bindings of an epilogue, in their order. */
export function epilogueBindings({ vec4, z }: Pick<EpilogueSpec, "vec4" | "z">): Binding[] {
  const written = ["y", ...(z ? ["z"] : [])];
  return [{ name: "bias", vec4 }, ...written.map((name) => ({ name, vec4, write: true }))];
}

/** The components of a vec4. */
export const components = ["x", "y", "z", "w"] as const;

/** `name[at]` to `name[at + 3]`, or 0 beyond the last column. */
function guarded(name: string, at: string): string {
  const elements = components.map((_, c) =>
    c === 0 ? `${name}[${at}]` : `select(0.0, ${name}[${at} + ${c}u], col + ${c}u < p.n)`
  );
  return `vec4f(${elements.join(", ")})`;
}

/** An activation that is a formula, in place of those that a parameter chooses between. */
export interface FormulaActivation {
  /** Equal for formulas of one text. */
  readonly key: string;
  /** `fn activation(z: vec4f) -> vec4f`, with all that it calls. */
  readonly text: string;
  /** The numbers of a dispatch. */
  readonly numbers: readonly number[];
}

/** `fn finish(row, col, sum)`: applies the epilogue to four adjacent results from column `col` on. */
export function finishFunction(
  { any, vec4, fit, z }: EpilogueSpec,
  formula: FormulaActivation | null = null,
): string {
  const store = (name: string) =>
    vec4
      ? [`${name}[at >> 2u] = value;`]
      : components.map((component, c) =>
        c === 0
          ? `${name}[at] = value.${component};`
          : `if (col + ${c}u < p.n) { ${name}[at + ${c}u] = value.${component}; }`
      );
  const body = [
    ...(fit ? [] : ["if (row >= p.m || col >= p.n) { return; }"]),
    "let at = row * p.stride_y + col;",
    "var value = sum;",
    `if (p.bias == ${biasMode.columns}u) { value += ${
      vec4 ? "bias[col >> 2u]" : guarded("bias", "col")
    }; }`,
    `if (p.bias == ${biasMode.one}u) { value += vec4f(bias[0]${vec4 ? ".x" : ""}); }`,
    `if (p.accumulate != 0u) { value += ${vec4 ? "y[at >> 2u]" : guarded("y", "at")}; }`,
    ...(z ? store("z") : []),
    "value = activation(value);",
    ...store("y"),
  ];
  return [
    formula?.text ?? anyActivationFunction(any),
    "",
    "fn finish(row: u32, col: u32, sum: vec4f) {",
    ...indented(body),
    "}",
  ].join("\n");
}

/** What the load of an operand depends on. */
export interface LoadSpec {
  readonly name: "a" | "b";
  /** The parameters that are its rows and columns as it is stored. */
  readonly rows: "m" | "n" | "k";
  readonly columns: "m" | "n" | "k";
  readonly vec4: boolean;
  readonly fit: boolean;
}

/** `fn load_a(row, col) -> vec4f`: four adjacent elements as stored, 0 beyond the last ones. */
export function loadFunction({ name, rows, columns, vec4, fit }: LoadSpec): string {
  const at = `row * p.stride_${name} + col`;
  const body = vec4
    ? [
      ...(fit ? [] : [`if (row >= p.${rows} || col >= p.${columns}) { return vec4f(); }`]),
      `return ${name}[(${at}) >> 2u];`,
    ]
    : [
      `if (row >= p.${rows} || col >= p.${columns}) { return vec4f(); }`,
      `let at = ${at};`,
      `let left = p.${columns} - col;`,
      "var four = vec4f();",
      `four.x = ${name}[at];`,
      ...components.slice(1).map((component, c) =>
        `if (left > ${c + 1}u) { four.${component} = ${name}[at + ${c + 1}u]; }`
      ),
      "return four;",
    ];
  return [`fn load_${name}(row: u32, col: u32) -> vec4f {`, ...indented(body), "}"].join("\n");
}

/** The index of this workgroup in a dispatch of two dimensions. */
export const groupIndex = "let index = group.x + group.y * groups.x;";

/** Threads in a workgroup of the programs for single elements or vec4. */
export const flatThreads = 64;

/** The parts of a program. */
export interface ProgramParts {
  readonly bindings: readonly Binding[];
  /** Functions, and variables of the workgroup. */
  readonly globals: readonly string[];
  /** Threads of a workgroup. */
  readonly workgroup: readonly [x: number, y: number];
  /** The lines of its entry point, which has the builtins group, groups, local and lane. */
  readonly body: readonly string[];
  /** How many float32 numbers a dispatch gives besides the parameters; default 0. */
  readonly numbers?: number;
}

/** The WGSL of one of these numbers. */
export function numberAt(i: number): string {
  return `p.numbers[${i >> 2}].${components[i & 3]}`;
}

/** A whole program. */
export function programText(
  { bindings, globals, workgroup: [x, y], body, numbers = 0 }: ProgramParts,
): string {
  return [
    declarations(bindings, numbers),
    "",
    ...globals.flatMap((text) => [text, ""]),
    `@compute @workgroup_size(${x}, ${y})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {`,
    ...indented(body),
    "}",
    "",
  ].join("\n");
}
