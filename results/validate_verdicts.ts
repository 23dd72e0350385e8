/**
 * Reads the comparisons of a result file: of times, tails and starts, every field
 * checked as in `validate.ts`.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { tailVerdictWords, type Verdict, verdicts } from "../common/verdicts.ts";
import { passes } from "./pass.ts";
import { formerVerdicts } from "./schema.ts";
import type {
  RatioReport,
  StartVerdictReport,
  TailVerdictReport,
  VerdictReport,
} from "./verdict_schema.ts";

/** A verdict, by its present or former name. */
export function verdictOf(fields: JsonFields, key: string): Verdict {
  const former = Object.keys(formerVerdicts) as (keyof typeof formerVerdicts)[];
  const found = fields.choice(key, [...verdicts, ...former]);
  return found in formerVerdicts
    ? formerVerdicts[found as keyof typeof formerVerdicts]
    : found as Verdict;
}

/** What all comparisons have. */
function ratio(fields: JsonFields): RatioReport {
  const found = {
    kernel: fields.text("kernel"),
    baseline: fields.text("baseline"),
    workload: fields.text("workload"),
    pass: fields.choice("pass", passes),
    ratio: fields.number("ratio", 1e-15),
    low: fields.number("low", 1e-15),
    high: fields.number("high", 1e-15),
    confidence: fields.number("confidence", 0, 1),
  };
  if (found.low > found.ratio || found.ratio > found.high) {
    fields.fail(
      "ratio",
      `is ${found.ratio}; it must lie between low, ${found.low}, and high, ${found.high}`,
    );
  }
  return found;
}

/** A comparison of times. */
export function verdict(fields: JsonFields): VerdictReport {
  return {
    ...ratio(fields),
    p: fields.number("p", 0, 1),
    rounds: fields.count("rounds", 0),
    ...fields.absent("launches", (f, key) => f.count(key, 1)),
    verdict: verdictOf(fields, "verdict"),
    ...fields.absent("moreNeeded", (f, key) => f.count(key, 0)),
  };
}

/** A comparison of tails. */
export function tailVerdict(fields: JsonFields): TailVerdictReport {
  return {
    ...ratio(fields),
    blocks: fields.count("blocks", 1),
    verdict: fields.choice("verdict", tailVerdictWords),
    medianEquivalent: fields.flag("medianEquivalent"),
  };
}

/** A comparison of starts. */
export function startVerdict(fields: JsonFields): StartVerdictReport {
  return {
    ...ratio(fields),
    of: fields.choice("of", ["first call", "calls until settled"]),
    launches: fields.count("launches", 1),
    verdict: fields.choice("verdict", verdicts),
  };
}
