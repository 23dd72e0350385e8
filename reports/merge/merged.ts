/**
 * What a merged report is made of.
 *
 * @module
 */
import type { Results } from "../../results/schema.ts";
import type { ForeignRun } from "../interop/foreign.ts";

/** A file of another tool. */
export interface ForeignFile {
  /** The name that it has on disk, without folders. */
  readonly file: string;
  readonly run: ForeignRun;
}

/** The runs and the files of other tools that go into one report. */
export interface Merged {
  readonly runs: readonly Results[];
  readonly foreign: readonly ForeignFile[];
}
