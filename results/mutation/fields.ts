/**
 * Reads mutants from JSON, with an error that says where a value is wrong.
 *
 * @module
 */
import type { JsonFields } from "../../common/json_fields.ts";
import {
  type CheckRun,
  type KillRate,
  mutantKinds,
  mutantOutcomes,
  type MutantRecord,
  mutationEfforts,
  type MutationSettings,
  rateGroups,
  type WitnessSearch,
} from "./schema.ts";

const nullableText = (fields: JsonFields, key: string) =>
  fields.optional(key, (f, key) => f.text(key));

function checkRun(fields: JsonFields): CheckRun {
  return {
    check: fields.text("check"),
    effort: fields.choice("effort", mutationEfforts),
    seconds: fields.number("seconds", 0),
  };
}

function witnessSearch(fields: JsonFields): WitnessSearch {
  return {
    found: nullableText(fields, "found"),
    calls: fields.count("calls", 0),
    seconds: fields.number("seconds", 0),
  };
}

/** A share of mutants. */
export function killRateOf(fields: JsonFields): KillRate {
  return {
    group: fields.choice("group", rateGroups),
    name: fields.text("name"),
    killed: fields.count("killed", 0),
    of: fields.count("of", 0),
    low: fields.number("low", 0, 1),
    high: fields.number("high", 0, 1),
    lost: fields.count("lost", 0),
    equivalent: fields.count("equivalent", 0),
    invalid: fields.count("invalid", 0),
    seconds: fields.number("seconds", 0),
  };
}

/** A mutant. */
export function mutantOf(fields: JsonFields): MutantRecord {
  return {
    id: fields.text("id"),
    kernel: fields.text("kernel"),
    kind: fields.choice("kind", mutantKinds),
    file: fields.text("file"),
    line: fields.count("line", 0),
    operator: fields.text("operator"),
    place: fields.text("place"),
    from: fields.text("from"),
    to: fields.text("to"),
    becomes: fields.text("becomes"),
    ...fields.absent("context", (f, key) => f.texts(key)),
    outcome: fields.choice("outcome", mutantOutcomes),
    check: nullableText(fields, "check"),
    effort: fields.choice("effort", mutationEfforts),
    detail: fields.text("detail"),
    seconds: fields.number("seconds", 0),
    runs: fields.list("runs", checkRun),
    ...fields.absent("untried", (f, key) => f.count(key, 0)),
    witness: fields.optional("witness", (f, key) => witnessSearch(f.object(key))),
    equivalent: nullableText(fields, "equivalent"),
  };
}

/** What all mutants of a run have in common. */
export function settingsOf(fields: JsonFields): MutationSettings {
  return { seed: fields.count("seed", 0), code: fields.text("code") };
}
