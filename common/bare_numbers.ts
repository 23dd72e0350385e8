/**
 * Numbers that JSON does not have, and that programs write into it nevertheless:
 * Python's NaN and Infinity, C++'s nan and inf, a percentage.
 *
 * @module
 */

/** What other programs write of such a number: Python, C++ on any system, and its library under Windows. */
const bareNumber = /-?\b(?:NaN|Infinity|nan(?:\(\w*\))?|inf)(?![\w.])/g;
/** A number with the sign of percent, as Google Benchmark wrote `rms` until 1.1. */
const percent = /(\d)%/g;
/** What all of these contain. */
const sign = /[nN]a[nN]|Inf|inf|%/;

/**
 * `text` with null for every bare NaN and infinity, and without bare signs of percent; texts within stay as they are.
 *
 * @example
 * ```ts
 * import { withoutBareNumbers } from "./bare_numbers.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutBareNumbers('{"a NaN": NaN, "b": -inf}'), '{"a NaN": null, "b": null}');
 * ```
 */
export function withoutBareNumbers(text: string): string {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const quote = text.indexOf('"', from);
    const end = quote < 0 ? text.length : quote;
    const bare = text.slice(from, end);
    // Of millions of parts few have any: looking is cheaper than replacing.
    parts.push(
      sign.test(bare) ? bare.replaceAll(bareNumber, "null").replaceAll(percent, "$1") : bare,
    );
    from = quote < 0 ? end : closing(text, quote) + 1;
    parts.push(text.slice(end, from));
  }
  return parts.join("");
}

/** Where the text that starts at `quote` ends: at a quote behind an even number of backslashes. */
function closing(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
