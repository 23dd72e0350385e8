/**
 * How many columns of a terminal a text takes: none of combining marks, two of
 * East Asian wide characters (Unicode Annex 11) and of emoji, which may be of several
 * code points (Annex 29), one of all others. Where terminals differ, as the newer
 * ones do it.
 *
 * @module
 */

const plain = /^[\x20-\x7e]*$/;
const marks = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]+$/u;
// The blocks that are wide in all: Hangul, the radicals to the Yi script, compatibility and full-width forms, rarer ideographs.
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

function widthOfGrapheme(grapheme: string): number {
  if (marks.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/**
 * The columns that a text without control characters takes.
 *
 * @example
 * ```ts
 * import { widthOf } from "./width.ts";
 *
 * const widths = ["naive", "日本", "e\u0301", "👩‍👧", "ｱ"].map(widthOf);
 * if (`${widths}` !== "5,4,1,2,1") throw new Error(`${widths}`);
 * ```
 */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOfGrapheme(segment);
  return width;
}

/**
 * As much of a text's beginning as so many columns take.
 *
 * @example
 * ```ts
 * import { cutToWidth } from "./width.ts";
 *
 * const parts = [cutToWidth("日本語", 5), cutToWidth("naive", 3)];
 * if (`${parts}` !== "日本,nai") throw new Error(`${parts}`);
 * ```
 */
export function cutToWidth(text: string, columns: number): string {
  if (plain.test(text)) return text.slice(0, Math.max(0, columns));
  let width = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    width += widthOfGrapheme(segment);
    if (width > columns) return text.slice(0, index);
  }
  return text;
}
