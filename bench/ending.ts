/**
 * What a run prints last, so that it stands above the prompt: the answer, that is
 * what is fastest and by how much, and the path of the report. What explains the
 * answer is printed before it, and what only a few readers look for is counted.
 *
 * @module
 */
import { bold } from "@std/fmt/colors";
import { formatCount } from "../common/numbers.ts";
import { answer } from "../reports/findings.ts";
import type { Results } from "../results/schema.ts";
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

/** What is fastest and by how much, a line for each sentence. */
export function answerLines(results: Results): readonly string[] {
  return answer(results).map((sentence, i) => i === 0 ? bold(sentence) : sentence);
}
