/**
 * The mutations of generated WGSL by operators, line by line: a change is made
 * wherever the line stands, in all programs, as a change of the generator would
 * be.
 *
 * @module
 */

/** The operators that change WGSL. */
export const wgslOperators = [
  "delete wgsl line",
  "replace wgsl operator",
  "change wgsl constant",
  "replace wgsl function",
  "replace wgsl component",
] as const;

/** The name of an operator that changes WGSL. */
export type WgslOperator = typeof wgslOperators[number];

/** A line, without the space around it, and what is put for it. */
export interface WgslEdit {
  readonly operator: WgslOperator;
  readonly from: string;
  readonly to: string;
}

/** Declarations are no arithmetic: a change of them is a program that does not compile. */
const declaration =
  /^(?:@|struct\b|fn\b|enable\b|override\b|alias\b|var<|\}|\/\/|[\w<>]+ *: *[\w<>, ]+,?$)/;

const tokens =
  /(?<float>\b\d+\.\d*(?:e[+-]?\d+)?f?)|(?<whole>\b\d+u?\b)|(?<name>[A-Za-z_]\w*)|(?<component>\.[xyzw]\b)|(?<sign><<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|[-+*\/%<>&|])/g;

const signs: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["+", "/"],
  "/": ["*"],
  "%": ["/"],
  "<<": [">>"],
  ">>": ["<<"],
  "<": ["<="],
  "<=": ["<"],
  ">": [">="],
  ">=": [">"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "&": ["|"],
  "|": ["&"],
  "+=": ["-=", "="],
  "-=": ["+="],
  "*=": ["+="],
};

const functions: Readonly<Record<string, readonly string[]>> = {
  min: ["max"],
  max: ["min"],
  floor: ["ceil"],
  ceil: ["floor"],
  round: ["floor"],
  abs: ["sign"],
  exp: ["exp2"],
  exp2: ["exp"],
  log: ["log2"],
  sqrt: ["abs"],
  true: ["false"],
  false: ["true"],
};

const components: Readonly<Record<string, string>> = { x: "y", y: "x", z: "w", w: "z" };

function wholeNumbers(text: string): string[] {
  const unit = text.endsWith("u") ? "u" : "";
  const value = Number.parseInt(text);
  return [...new Set([value + 1, Math.max(0, value - 1), 0, 2 * value])].filter((other) =>
    other !== value
  ).map((other) => `${other}${unit}`);
}

function floats(text: string): string[] {
  const value = Number.parseFloat(text);
  const asFloat = (number: number) => Number.isInteger(number) ? `${number}.0` : String(number);
  return value === 0 ? ["1.0"] : [asFloat(Math.fround(value * (1 + 2 ** -12))), "0.0"];
}

function* replacementsOf(groups: Readonly<Record<string, string | undefined>>) {
  const { float, whole, name, component, sign } = groups;
  const all = (operator: WgslOperator, others: readonly string[]) =>
    others.map((to): [WgslOperator, string] => [operator, to]);
  if (float) yield* all("change wgsl constant", floats(float));
  if (whole) yield* all("change wgsl constant", wholeNumbers(whole));
  if (name && Object.hasOwn(functions, name)) {
    yield* all("replace wgsl function", functions[name] ?? []);
  }
  if (component) {
    const other = components[component[1] ?? ""];
    if (other) yield* all("replace wgsl component", [`.${other}`]);
  }
  if (sign && Object.hasOwn(signs, sign)) yield* all("replace wgsl operator", signs[sign] ?? []);
}

/** All mutations of a line. */
function editsOfLine(from: string): WgslEdit[] {
  const edits: WgslEdit[] = [];
  // A line that declares a name cannot go, and one that opens or ends a block neither.
  if (from.endsWith(";") && !/^(?:let|var|const|return)\b/.test(from)) {
    edits.push({ operator: "delete wgsl line", from, to: "" });
  }
  for (const { index, 0: token, groups = {} } of from.matchAll(tokens)) {
    // The angle brackets of a type are no comparison.
    if (
      /[<>]/.test(token) &&
      /\b(?:vec|mat|array|ptr|bitcast)\w*<[^;]*$/.test(from.slice(0, index + 1))
    ) {
      continue;
    }
    for (const [operator, to] of replacementsOf(groups)) {
      edits.push({
        operator,
        from,
        to: from.slice(0, index) + to + from.slice(index + token.length),
      });
    }
  }
  return edits;
}

/** All mutations of programs, each once, however many of them have the line. */
export function wgslEditsOf(programs: readonly string[]): WgslEdit[] {
  const lines = new Set(programs.flatMap((text) => text.split("\n").map((line) => line.trim())));
  return [...lines].filter((line) => line !== "" && !declaration.test(line)).toSorted().flatMap(
    editsOfLine,
  );
}

/** A program with a line changed; null where it does not have the line. */
export function applyWgslEdit(text: string, { from, to }: Pick<WgslEdit, "from" | "to">) {
  const lines = text.split("\n");
  const changed = lines.map((line) => line.trim() === from ? to : line);
  return changed.some((line, i) => line !== lines[i]) ? changed.join("\n") : null;
}
