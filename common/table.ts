/**
 * Tables as text: columns aligned for a terminal, and Markdown. What a cell shows is
 * the caller's; here are widths and separators alone.
 *
 * @module
 */
import { widthOf } from "./width.ts";

/**
 * Rows as lines of text, each column as wide as its widest cell, the columns
 * numbered in `right` aligned to the right. A row may end early.
 *
 * @example
 * ```ts
 * import { alignColumns } from "./table.ts";
 *
 * const lines = alignColumns([["kernel", "ms"], ["naive", "135"], ["blocked"]], [1]).join("; ");
 * if (lines !== "kernel    ms; naive    135; blocked") throw new Error(lines);
 * ```
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    }
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const space = " ".repeat((widths[column] ?? 0) - widthOf(cell));
      return right.includes(column) ? space + cell : cell + space;
    }).join("  ").trimEnd()
  );
}

/** A row of a table in Markdown, `| naive | 135 |`; a bar in a cell is escaped, also in code, as GitHub's Markdown has it. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/**
 * The head of a table in Markdown, two lines; the columns numbered in `right`
 * are aligned to the right.
 *
 * @example
 * ```ts
 * import { markdownHead } from "./table.ts";
 *
 * const head = markdownHead(["kernel", "ms"], [1]);
 * if (head !== "| kernel | ms |\n| --- | --: |") throw new Error(head);
 * ```
 */
export function markdownHead(titles: readonly string[], right: readonly number[] = []): string {
  const rule = titles.map((_, column) => right.includes(column) ? "--:" : "---");
  return `${markdownRow(titles)}\n${markdownRow(rule)}`;
}
