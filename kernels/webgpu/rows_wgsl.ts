/**
 * The WGSL of all that is not a product: activations and their gradients by
 * elements, softmax by rows, and the copy of a weight with padded rows.
 *
 * @module
 */
import { gradientNeedsZ, type Pointwise } from "../activation.ts";
import { activationFunction, derivativeFunction } from "./activations_wgsl.ts";
import { mathFunctions } from "./math_wgsl.ts";
import { type Binding, flatThreads, groupIndex, indented, programText } from "./wgsl.ts";

/** A program of one thread for each of p.m groups of four elements. */
function elementwise(bindings: readonly Binding[], functions: string, body: string): string {
  return programText({
    bindings,
    globals: [functions],
    workgroup: [flatThreads, 1],
    body: [
      groupIndex,
      `let at = index * ${flatThreads}u + lane;`,
      "if (at >= p.m) { return; }",
      body,
    ],
  });
}

/** y = activation(z). */
export function activateProgram(activation: Pointwise): string {
  return elementwise(
    [{ name: "z", vec4: true }, { name: "y", vec4: true, write: true }],
    activationFunction(activation),
    "y[at] = activation(z[at]);",
  );
}

/** dz = dy · activation'(x), where x is z or y, as `gradientNeedsZ` says. */
export function gradientProgram(activation: Pointwise): string {
  const x = gradientNeedsZ(activation) ? "z" : "y";
  return elementwise(
    [
      { name: x, vec4: true },
      { name: "dy", vec4: true },
      { name: "dz", vec4: true, write: true },
    ],
    derivativeFunction(activation),
    `dz[at] = dy[at] * derivative(${x}[at]);`,
  );
}

/** Copies p.m x p.n elements to rows of p.stride_b, padded with zeros; p.k is the number of vec4. */
export const padProgram = programText({
  bindings: [{ name: "input", vec4: false }, { name: "output", vec4: true, write: true }],
  globals: [
    `fn element(row: u32, col: u32) -> f32 {
  if (col >= p.n) { return 0.0; }
  return input[row * p.n + col];
}`,
  ],
  workgroup: [flatThreads, 1],
  body: [
    groupIndex,
    `let at = index * ${flatThreads}u + lane;`,
    "if (at >= p.k) { return; }",
    "let row = at * 4u / p.stride_b;",
    "let col = at * 4u % p.stride_b;",
    "output[at] = vec4f(element(row, col), element(row, col + 1u), element(row, col + 2u), element(row, col + 3u));",
  ],
});

/** The number of threads for a row of softmax: a power of two, so that they can be halved. */
export function lanesOf(columns: number): number {
  return Math.min(flatThreads, 2 ** Math.ceil(Math.log2(Math.max(1, columns / 4))));
}

/** Combines the values of the threads of a row by halving; all of them have the result. */
function combine(
  lanes: number,
  value: string,
  into: string,
  join: (a: string, b: string) => string,
) {
  const code = [`shared_values[lane] = ${value};`];
  for (let half = lanes / 2; half >= 1; half /= 2) {
    code.push(
      "workgroupBarrier();",
      `if (local.x < ${half}u) { shared_values[lane] = ${
        join("shared_values[lane]", `shared_values[lane + ${half}u]`)
      }; }`,
    );
  }
  return [
    ...code,
    "workgroupBarrier();",
    `let ${into} = shared_values[local.y * ${lanes}u];`,
    "workgroupBarrier();",
  ];
}

function rowwise(
  lanes: number,
  bindings: readonly Binding[],
  functions: readonly string[],
  body: readonly string[],
): string {
  const rows = flatThreads / lanes;
  return programText({
    bindings,
    globals: [`var<workgroup> shared_values: array<f32, ${flatThreads}>;`, ...functions],
    workgroup: [lanes, rows],
    body: [
      groupIndex,
      `let row = index * ${rows}u + local.y;`,
      "let start = row * p.n;",
      // Threads without a row do not return, since all must reach the barriers.
      "let columns = select(0u, p.n, row < p.m);",
      ...body,
    ],
  });
}

const eachColumn = (lanes: number, body: readonly string[]) => [
  `for (var j = local.x; j < columns; j += ${lanes}u) {`,
  ...indented(body),
  "}",
];

/** y = softmax(z) by rows of p.n, each shifted by its maximum. */
export function softmaxProgram(lanes: number): string {
  return rowwise(
    lanes,
    [{ name: "z", vec4: false }, { name: "y", vec4: false, write: true }],
    [mathFunctions],
    [
      "var best = -3.4028234e38;",
      ...eachColumn(lanes, ["best = max(best, z[start + j]);"]),
      ...combine(lanes, "best", "largest", (a, b) => `max(${a}, ${b})`),
      "var sum = 0.0;",
      ...eachColumn(lanes, [
        // Of halves, since the difference of two finite numbers may be infinite.
        "let shifted = 2.0 * max(0.5 * z[start + j] - 0.5 * largest, -80.0);",
        "let e = exp_of(vec4f(shifted)).x;",
        "y[start + j] = e;",
        "sum += e;",
      ]),
      ...combine(lanes, "sum", "total", (a, b) => `${a} + ${b}`),
      ...eachColumn(lanes, ["y[start + j] = y[start + j] / total;"]),
    ],
  );
}

/** dz = y ∘ (dy − Σ dy·y) by rows of p.n. */
export function softmaxGradientProgram(lanes: number): string {
  return rowwise(
    lanes,
    [
      { name: "y", vec4: false },
      { name: "dy", vec4: false },
      { name: "dz", vec4: false, write: true },
    ],
    [],
    [
      "var sum = 0.0;",
      ...eachColumn(lanes, ["sum += dy[start + j] * y[start + j];"]),
      ...combine(lanes, "sum", "total", (a, b) => `${a} + ${b}`),
      ...eachColumn(lanes, ["dz[start + j] = y[start + j] * (dy[start + j] - total);"]),
    ],
  );
}
