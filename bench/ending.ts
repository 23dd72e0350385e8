/**
 * The order of what a run prints at its end. The answer comes last, so that it
 * stands above the prompt: what is fastest, by how much, and the path of the
 * report. What only a few readers look for is counted.
 *
 * @module
 */
import { formatCount } from "../common/numbers.ts";
import { tailNotes } from "./run/tail_verdicts.ts";

/** More notes than this are counted, unless all are asked for. */
const mostNotes = 2;

/** The notes on tails and first calls, or how many there are. */
export function tailLines(
  results: Parameters<typeof tailNotes>[0],
  verbose: boolean,
): readonly string[] {
  const notes = tailNotes(results);
  if (verbose || notes.length <= mostNotes) return notes;
  return [
    `${formatCount(notes.length, "note")} on slow tails and first calls, such as "${notes[0]}"; ` +
    "--verbose prints them all",
  ];
}

/** The files of a run in the order in which they are named, the page last. */
export function inOrder(paths: readonly string[]): { data: string[]; pages: string[] } {
  const isPage = (path: string) => path.endsWith(".html");
  return { data: paths.filter((path) => !isPage(path)), pages: paths.filter(isPage) };
}
