/**
 * Makes every text of a result file safe to show, by one walk over all of it,
 * so that no field can be forgotten: names of kernels, devices, processors and
 * errors come from outside. How long a text may be follows from its key.
 *
 * @module
 */
import { cleanText } from "../common/text.ts";
import type { Results } from "./schema.ts";

/** The most characters that a line of explanation keeps. */
export const mostOfLine = 400;
/** The most characters that a command keeps. */
const mostOfCommand = 2000;

/** What the texts of a kind of file are, by their keys. A text under any other key keeps 80 characters. */
export interface CleaningRules {
  /** Keys of sentences and other long lines. */
  readonly lines: readonly string[];
  /** Keys of commands. */
  readonly commands: readonly string[];
  /**
   * Keys of names by which parts of the file refer to each other, and what they
   * name: different names of one kind stay different, even where they differ only
   * in what is cut. `mutants.name` is the key `name` in items of a list `mutants`.
   */
  readonly names: Readonly<Record<string, string>>;
  /** Keys of objects that are tables by name, and what their own keys name. */
  readonly tables?: Readonly<Record<string, string>>;
}

/**
 * A copy of `value` in which every text is cleaned; nothing else changes.
 *
 * @example
 * ```ts
 * import { cleaned } from "./clean.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rules = { lines: ["detail"], commands: [], names: { kernel: "kernel" } };
 * const [one, other] = ["x".repeat(81), "x".repeat(82)];
 * const found = cleaned({ kernel: one, all: [{ kernel: other, detail: "a\nb" }] }, rules);
 * assertEquals(found.kernel, "x".repeat(79) + "…");
 * assertEquals(found.all, [{ kernel: "x".repeat(79) + "… (2)", detail: "a b" }]);
 * ```
 */
export function cleaned<T>(value: T, rules: CleaningRules): T {
  const names = new Map<string, (name: string) => string>();
  const nameOf = (kind: string, name: string) => {
    const rename = names.get(kind) ?? createRenamer();
    names.set(kind, rename);
    return rename(name);
  };
  const own = (table: Readonly<Record<string, string>> | undefined, key: string) =>
    table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
  const walk = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === "string") {
      const kind = own(rules.names, `${parent}.${key}`) ?? own(rules.names, key);
      if (kind !== undefined) return nameOf(kind, value);
      if (rules.lines.includes(key)) return cleanText(value, mostOfLine);
      return cleanText(value, rules.commands.includes(key) ? mostOfCommand : undefined);
    }
    if (typeof value !== "object" || value === null) return value;
    // The items of a list are what its key says.
    if (Array.isArray(value)) return value.map((item) => walk(item, key, parent));
    const kind = own(rules.tables, key);
    // fromEntries, since assignment to __proto__ would do something else.
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [
        kind === undefined ? cleanText(name) : nameOf(kind, name),
        walk(field, name, key),
      ]),
    );
  };
  return walk(value, "", "") as T;
}

/** A function that cleans names and gives equal ones equal, different ones different results. */
function createRenamer(): (name: string) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return (name) => {
    let clean = given.get(name);
    if (clean === undefined) {
      const base = cleanText(name) || "(no name)";
      clean = base;
      for (let i = 2; taken.has(clean); i++) clean = `${base} (${i})`;
      given.set(name, clean);
      taken.add(clean);
    }
    return clean;
  };
}

const resultRules: CleaningRules = {
  lines: [
    "description",
    "detail",
    "engine",
    "method",
    "replaced",
    "sentence",
    "source",
    "unavailable",
    "unknown",
    "warnings",
    "what",
  ],
  commands: ["command"],
  names: {
    "kernels.name": "kernel",
    kernel: "kernel",
    base: "kernel",
    controlOf: "kernel",
    baseline: "kernel",
    workload: "workload",
  },
};

/** The same results with every text cleaned. */
export function cleanResults(results: Results): Results {
  return cleaned(results, resultRules);
}
