/**
 * How result files are written: JSON that people can read and compare line by
 * line, with lists of numbers on one line each.
 *
 * @module
 */

/**
 * A result file as JSON: objects indented, lists of numbers and trees on one line.
 * JSON has no infinity, so an error without bound is written as 1e999, which
 * readers take for infinity.
 */
export function toJson(file: object): string {
  return `${jsonOf(file, "")}\n`;
}

function jsonOf(value: unknown, indent: string): string {
  if (typeof value === "number" && Math.abs(value) === Infinity) {
    return value > 0 ? "1e999" : "-1e999";
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  if (isList && value.every((item) => typeof item !== "object" || Array.isArray(item))) {
    return `[${value.map((item) => jsonOf(item, inner)).join(",")}]`;
  }
  const parts = isList
    ? value.map((item) => jsonOf(item, inner))
    : Object.entries(value).filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}
