/**
 * A record of a machine's noise (see `record_noise.ts`), and runs drawn from it
 * by the moving-block bootstrap (Künsch 1989): whole stretches of rounds in a
 * row, so that interference which lasts for rounds does so in the drawn runs
 * too; rounds drawn one by one would lose that.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Environment } from "../../results/schema.ts";
import { median } from "../../statistics/estimators.ts";

/** The version of the format. */
export const traceSchema = "densemark-noise/3";

/** One round: all times in microseconds. */
export interface NoiseRound {
  /** The reference loop before and after the contenders. */
  readonly referenceLoop: readonly number[];
  /** The time of one call in each slot, for the kernel and its two A/A controls. */
  readonly contenders: readonly (readonly number[])[];
}

/** A record of noise. */
export interface NoiseTrace {
  readonly schema: typeof traceSchema;
  readonly date: string;
  /** What the machine was doing meanwhile. */
  readonly label: string;
  /** Which of the recorded rounds these are. */
  readonly chosen: string;
  readonly environment: Environment;
  readonly engine: string;
  readonly kernel: string;
  readonly workload: string;
  /** Calls in a sample. */
  readonly calls: number;
  readonly rounds: readonly NoiseRound[];
}

/** The trace as JSON with a line for each round, so that people can read and compare such files. */
export function traceText({ rounds, ...head }: NoiseTrace): string {
  const lines = rounds.map((round) => `    ${JSON.stringify(round)}`).join(",\n");
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "rounds": [\n${lines}\n  ]\n}\n`;
}

/**
 * The `count` rounds in a row whose reference loop varies least, by the mean
 * distance of its logarithms from their median. The contenders' own times do not
 * count, since a choice by them would bias what the trace is to show.
 */
export function quietest(rounds: readonly NoiseRound[], count: number): readonly NoiseRound[] {
  let [best, least] = [0, Infinity];
  for (let start = 0; start + count <= rounds.length; start++) {
    const logs = rounds.slice(start, start + count)
      .flatMap(({ referenceLoop }) => referenceLoop.map(Math.log));
    const centre = median(logs);
    const spread = logs.reduce((sum, log) => sum + Math.abs(log - centre), 0);
    if (spread < least) [best, least] = [start, spread];
  }
  return rounds.slice(best, best + count);
}

/** A run of `count` rounds, drawn as stretches of `stretch` rounds in a row, each from a random place. */
export function drawRun<T>(
  rounds: readonly T[],
  count: number,
  stretch: number,
  random: Random,
): T[] {
  const drawn: T[] = [];
  while (drawn.length < count) {
    const start = random.between(0, rounds.length - stretch);
    drawn.push(...rounds.slice(start, start + Math.min(stretch, count - drawn.length)));
  }
  return drawn;
}
