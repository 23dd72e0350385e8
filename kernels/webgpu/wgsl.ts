/**
 * What all generated WGSL has in common: the parameters, the bindings, the
 * loads with their checks of bounds, and the end of a product, where bias and
 * activation are applied and results are stored.
 *
 * @module
 */
import { anyActivationFunction } from "./activations_wgsl.ts";

/** The numbers of a dispatch, in the order in which the uniform buffer holds them. */
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
] as const;

/** The numbers of a dispatch; 0 where it has no use for one. */
export type DispatchParameters = Partial<Record<typeof parameterNames[number], number>>;

/** Lines as a part of a block. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** A storage buffer of a program. */
export interface Binding {
  readonly name: string;
  readonly vec4: boolean;
  readonly write?: boolean;
}

/** The parameters at binding 0 and the buffers from 1 on. */
function declarations(bindings: readonly Binding[]): string {
  return [
    `struct Parameters { ${parameterNames.map((name) => `${name}: u32`).join(", ")} }`,
    "@group(0) @binding(0) var<uniform> p: Parameters;",
    ...bindings.map(({ name, vec4, write }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${write ? "read_write" : "read"}> ${name}: array<${
        vec4 ? "vec4f" : "f32"
      }>;`
    ),
  ].join("\n");
}

/** What bias a product adds: the parameter `bias`. */
export const biasMode = { none: 0, columns: 1, one: 2 } as const;

/**
 * What follows the sum of a product. Bias, accumulation and which activation
 * are parameters, the same for all threads: what depends on them is a jump that
 * all take, and not a program of its own.
 */
export interface Ending {
  /** Whether any activation can be asked for, or linear and relu only. */
  readonly any: boolean;
  /** Whether results are stored by fours. */
  readonly vec4: boolean;
  /** Whether the four columns are known to exist. */
  readonly fit: boolean;
}

/** The bindings of an ending, in order. */
export function endingBindings({ vec4 }: Pick<Ending, "vec4">): Binding[] {
  return [{ name: "bias", vec4 }, { name: "y", vec4, write: true }];
}

/** The components of a vec4. */
export const components = ["x", "y", "z", "w"] as const;

/** `name[at]` to `name[at + 3]` as far as they are columns, else 0. */
function guarded(name: string, at: string): string {
  const elements = components.map((_, c) =>
    c === 0 ? `${name}[${at}]` : `select(0.0, ${name}[${at} + ${c}u], col + ${c}u < p.n)`
  );
  return `vec4f(${elements.join(", ")})`;
}

/** `fn finish(row, col, sum)`: four neighbouring results, from the first column `col` on. */
export function finishFunction({ any, vec4, fit }: Ending): string {
  const store = vec4
    ? ["y[at >> 2u] = value;"]
    : components.map((component, c) =>
      c === 0
        ? `y[at] = value.${component};`
        : `if (col + ${c}u < p.n) { y[at + ${c}u] = value.${component}; }`
    );
  const body = [
    ...(fit ? [] : ["if (row >= p.m || col >= p.n) { return; }"]),
    "let at = row * p.n + col;",
    "var value = sum;",
    `if (p.bias == ${biasMode.columns}u) { value += ${
      vec4 ? "bias[col >> 2u]" : guarded("bias", "col")
    }; }`,
    `if (p.bias == ${biasMode.one}u) { value += vec4f(bias[0]${vec4 ? ".x" : ""}); }`,
    `if (p.accumulate != 0u) { value += ${vec4 ? "y[at >> 2u]" : guarded("y", "at")}; }`,
    "value = activation(value);",
    ...store,
  ];
  return [
    anyActivationFunction(any),
    "",
    "fn finish(row: u32, col: u32, sum: vec4f) {",
    ...indented(body),
    "}",
  ].join("\n");
}

/** What the load of an operand depends on. */
export interface LoadSpec {
  readonly name: "a" | "b";
  /** Its rows and columns as it is stored: names of parameters. */
  readonly rows: "m" | "n" | "k";
  readonly columns: "m" | "n" | "k";
  readonly vec4: boolean;
  readonly fit: boolean;
}

/** `fn load_a(row, col) -> vec4f`: four neighbouring elements as stored, 0 where there are none. */
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

/** The number of this workgroup, whose dispatch may be in two dimensions. */
export const groupIndex = "let index = group.x + group.y * groups.x;";

/** Threads of the programs that take each element, or four of them, by itself. */
export const flatThreads = 64;

/** The parts of a program. */
export interface ProgramParts {
  readonly bindings: readonly Binding[];
  /** Functions, and variables of the workgroup. */
  readonly globals: readonly string[];
  /** Threads of a workgroup. */
  readonly workgroup: readonly [x: number, y: number];
  /** The lines of its entry point, which knows group, groups, local and lane. */
  readonly body: readonly string[];
}

/** A whole program. */
export function programText({ bindings, globals, workgroup: [x, y], body }: ProgramParts): string {
  return [
    declarations(bindings),
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
