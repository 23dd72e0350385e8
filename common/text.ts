/**
 * Text from files, drivers and command lines, made safe to show: it must
 * neither reorder the text around it, nor hide in it, nor flood it, nor write
 * to the terminal.
 *
 * @module
 */

/**
 * All characters that are controls (C0, C1), line and paragraph separators,
 * invisible signs of format, among them those that turn the reading direction
 * (Unicode TR 36, TR 9), or not assigned to anything. The joiners stay, which
 * scripts and emoji need.
 */
const unsafe = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}])+/gu;

/** Half of a surrogate pair: as String.toWellFormed(), which WebKit has from 16.4 on. */
const half = /\p{Cs}/gu;

/**
 * `text` on one line, without control characters, well-formed, and cut to
 * `most` characters (code points) with an ellipsis at the end.
 *
 * @example
 * ```ts
 * import { cleanText } from "./text.ts";
 *
 * const texts = [cleanText("two\nlines"), cleanText("too long", 5)];
 * if (`${texts}` !== "two lines,too …") throw new Error(`${texts}`);
 * ```
 */
export function cleanText(text: string, most = 80): string {
  // Each run of them becomes a space, so that words on two lines stay two words.
  const line = text.replaceAll(unsafe, " ").replaceAll(/ {2,}/g, " ").trim()
    .replaceAll(half, "\ufffd");
  if (line.length <= most) return line;
  const characters = Array.from(line);
  return characters.length <= most ? line : characters.slice(0, most - 1).join("") + "…";
}

/**
 * A value as a message shows it: texts cleaned and in quotes, lists and objects
 * by their kind alone, since they may be too large to print.
 *
 * @example
 * ```ts
 * import { quote } from "./text.ts";
 *
 * const shown = ["fc1", 3, null, [1, 2]].map((value) => quote(value));
 * if (`${shown}` !== '"fc1",3,null,a list') throw new Error(`${shown}`);
 * ```
 */
export function quote(value: unknown, most = 80): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(cleanText(value, most)) : String(value);
}

/** A path in quotes; a path may be longer than other texts. */
export function quotePath(path: string): string {
  return quote(path, 400);
}

/**
 * A list in words, the first `most` of many.
 *
 * @example
 * ```ts
 * import { formatList } from "./text.ts";
 *
 * const lists = [
 *   formatList(["a", "b", "c"]),
 *   formatList(["a", "b"], { word: "or" }),
 *   formatList(["a", "b", "c", "d"], { most: 2 }),
 * ].join("; ");
 * if (lists !== "a, b and c; a or b; a, b and 2 more") throw new Error(lists);
 * ```
 */
export function formatList(
  items: readonly string[],
  { word = "and", most = Infinity }: { readonly word?: "and" | "or"; readonly most?: number } = {},
): string {
  const shown = items.length <= most
    ? items
    : [...items.slice(0, most), `${items.length - most} more`];
  const last = shown.at(-1) ?? "";
  return shown.length <= 1 ? last : `${shown.slice(0, -1).join(", ")} ${word} ${last}`;
}

/**
 * Lines of at most `width` characters, broken at spaces; a longer word has a line of its own.
 *
 * @example
 * ```ts
 * import { wrapText } from "./text.ts";
 *
 * const lines = wrapText("to be or not", 6);
 * if (`${lines}` !== "to be,or not") throw new Error(`${lines}`);
 * ```
 */
export function wrapText(text: string, width: number): string[] {
  const [first = "", ...words] = text.split(" ");
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * A word of a command line as a shell reads it back: in quotes where it must be.
 *
 * @example
 * ```ts
 * import { shellWord } from "./text.ts";
 *
 * const word = shellWord("my kernel.ts");
 * if (word !== "'my kernel.ts'") throw new Error(word);
 * ```
 */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The text with a full stop at its end, unless it ends a sentence already. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
