/**
 * What `console.log` shows of an object, by the symbol that Node, Deno and Bun
 * look for. Deno has one of its own besides, but only for Node's does it indent
 * the lines of a text within another object, and say how deep that lies. Whatever
 * goes wrong in the making of the text, to show a value never throws.
 *
 * @module
 */

/** How a text is to be made. */
export interface Inspection {
  /** Whether escape codes for colours may be in it. */
  readonly colours: boolean;
  /** Characters of a line, which may be Infinity. */
  readonly width: number;
  /** Whether what fits in one line may be in one. */
  readonly compact: boolean;
}

/** As for a text without colours, in lines of 80 characters. */
export const plainInspection: Inspection = { colours: false, width: 80, compact: true };

const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

/** What the options of an inspection, which may be anything, mean. */
function inspectionOf(options: unknown): Inspection {
  const { colors, compact, breakLength } = (options ?? {}) as {
    readonly colors?: unknown;
    readonly compact?: unknown;
    readonly breakLength?: unknown;
  };
  const width = typeof breakLength === "number" && breakLength > 0 ? breakLength : 80;
  return { colours: colors === true, width, compact: compact !== false };
}

/** A number's text in the yellow that Node and Deno show numbers in, where there are colours. */
export function colouredNumber(text: string, { colours }: Inspection): string {
  return colours ? `\x1b[33m${text}\x1b[39m` : text;
}

/**
 * Has `console.log` show the objects of a class by a text of their own. Where they
 * lie deeper in another object than is shown, it is the name of the class alone.
 *
 * @param prototype The class's, whose subclasses it serves too.
 * @param name What is shown besides where the text cannot be made.
 *
 * @example
 * ```ts
 * import { showAs } from "./inspection.ts";
 *
 * class Point {
 *   constructor(readonly x: number) {}
 *   static {
 *     showAs(this.prototype, "Point", ({ x }) => `a point at ${x}`);
 *   }
 * }
 * const text = Deno.inspect([new Point(2)]);
 * if (text !== "[ a point at 2 ]") throw new Error(text);
 * ```
 */
export function showAs<T extends object>(
  prototype: T,
  name: string,
  show: (value: T, how: Inspection) => string,
): void {
  Object.defineProperty(prototype, inspectCustom, {
    configurable: true,
    writable: true,
    value(this: T, depth: unknown, options: unknown): string {
      if (typeof depth === "number" && depth < 0) return `[${name}]`;
      try {
        return show(this, inspectionOf(options));
      } catch {
        return `[${name}]`; // of the prototype itself, for example
      }
    },
  });
}
