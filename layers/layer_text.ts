/**
 * A layer as a text of one line, as `console.log` shows it: its kind, its name
 * and what it says of itself, so that it need not be asked for each.
 *
 * @module
 */
import { quote } from "../common/text.ts";

/** What is shown of a layer; null instead of details where it was disposed. */
export function formatLayer(
  kind: string,
  name: string,
  details: readonly string[] | null,
): string {
  const title = `${kind} ${quote(name)}`;
  if (details === null) return `${title}, disposed`;
  return details.length === 0 ? title : `${title}: ${details.join(", ")}`;
}
