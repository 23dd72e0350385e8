/**
 * A mutation of a source: one piece of its text replaced by another.
 *
 * @module
 */

/** The operators that change a source. */
export const sourceOperators = [
  "delete statement",
  "delete element",
  "replace operator",
  "change constant",
  "negate condition",
  "return early",
  "swap arguments",
  "swap branches",
  "remove await",
  "remove call",
  "remove negation",
  "replace name",
  "replace function",
] as const;

/** The name of an operator that changes a source. */
export type SourceOperator = typeof sourceOperators[number];

/** What is put where. */
export interface Edit {
  readonly operator: SourceOperator;
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

/** The text with an edit made. */
export function applyEdit(text: string, { start, end, to }: Pick<Edit, "start" | "end" | "to">) {
  return text.slice(0, start) + to + text.slice(end);
}

/** The number of the line in which a place is, from 1, and its text without the space around it. */
export function lineAt(
  text: string,
  place: number,
): { readonly line: number; readonly text: string } {
  const start = text.lastIndexOf("\n", place - 1) + 1;
  const end = text.indexOf("\n", place);
  return {
    line: text.slice(0, start).split("\n").length,
    text: text.slice(start, end < 0 ? text.length : end).trim(),
  };
}
