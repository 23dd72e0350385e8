/**
 * Reads the content of a resume file. It may be truncated, edited or made up, and
 * its findings become part of a verification, so every field is checked, and
 * that the counts are those of the parts that are said to be done.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import { type Fail, type JsonFields, parseFields } from "../../common/json_fields.ts";
import { sha256 } from "../../common/sha256.ts";
import { cleanText } from "../../common/text.ts";
import { isKernelName } from "../../kernels/registry.ts";
import {
  bins,
  type Findings,
  histogramLength,
  sweptNames,
  type Violations,
  type WorstResult,
} from "./findings.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { Ledger, schema } from "./ledger.ts";
import { inputsOf, partsOf } from "./part.ts";

const mostBits = 2 ** 32 - 1;

/** What is wrong with a resume file, as the end of a sentence about it. */
export class ResumeFileError extends DensemarkError {
  /** `"ResumeFileError"`. */
  override name = "ResumeFileError";
}

const fail: Fail = (where, what) => {
  throw new ResumeFileError(cleanText(`${where} ${what}`, 300));
};

function worstOf(fields: JsonFields): WorstResult {
  return {
    error: fields.number("error", 0),
    bits: fields.count("bits", 0, mostBits),
    got: fields.count("got", 0, mostBits),
    want: fields.number("want", -Number.MAX_VALUE),
  };
}

/** Ends the reading where there is a place without a count, or a count without a place. */
function requirePlace(fields: JsonFields, key: string, count: number): void {
  if ((fields.any(key) === null) === (count === 0)) return;
  fields.fail(key, `must be null where the count is 0, and only there; it is ${count}`);
}

function violationsOf(fields: JsonFields): Violations {
  const pairs = fields.count("pairs", 0, 2 ** 32);
  const count = fields.count("count", 0, pairs);
  requirePlace(fields, "largest", count);
  const largest = fields.optional("largest", (from, key) => {
    const place = from.object(key);
    return { error: place.number("error", 0), bits: place.count("bits", 0, mostBits) };
  });
  return { pairs, count, largest };
}

/** A list of exactly `length` numbers. */
function requireLength(
  fields: JsonFields,
  key: string,
  numbers: number[],
  length: number,
): number[] {
  if (numbers.length === length) return numbers;
  return fields.fail(key, `has ${numbers.length} numbers; it must have ${length}`);
}

/** The findings of `expected` inputs. */
function findingsOf(fields: JsonFields, expected: number): Findings {
  const inputs = fields.count("inputs", 0);
  if (inputs !== expected) {
    const many = "as many as the parts that are done have";
    fields.fail("inputs", `is ${inputs}; it must be ${expected}, ${many}`);
  }
  const nan = fields.object("nan");
  const count = nan.count("count", 0, expected);
  requirePlace(nan, "bits", count);
  const counts = fields.counts("histogram");
  const histogram = requireLength(fields, "histogram", counts, histogramLength);
  const sum = histogram.reduce((total, each) => total + each, count);
  if (sum !== expected) {
    fields.fail("histogram", `has ${sum} results with the NaN; it must have ${expected}`);
  }
  const worst = (from: JsonFields, key: string) => worstOf(from.object(key));
  return {
    inputs,
    ulp: fields.optional("ulp", worst),
    absolute: fields.optional("absolute", worst),
    nan: { count, bits: nan.optional("bits", (from, key) => from.count(key, 0, mostBits)) },
    histogram,
    ulpByBin: requireLength(fields, "ulpByBin", fields.numbers("ulpByBin"), bins),
    decreases: violationsOf(fields.object("decreases")),
    asymmetries: violationsOf(fields.object("asymmetries")),
  };
}

/** The numbers of the parts that are done, of `count`; each once, in ascending order. */
function doneOf(fields: JsonFields, count: number): number[] {
  const numbers: number[] = [];
  fields.list("done", (range) => {
    const start = range.count("start", (numbers.at(-1) ?? -1) + 1, count);
    const end = range.count("end", start + 1, count);
    for (let part = start; part < end; part++) numbers.push(part);
  });
  return numbers;
}

/** A resume file whose kernels are not yet read. */
export interface Head {
  readonly fingerprint: Fingerprint;
  readonly digest: string;
  readonly kernels: JsonFields;
}

/**
 * The head of a resume file; null where it is one of another version.
 *
 * @throws {ResumeFileError} where it is none.
 */
export function parseHead(text: string): Head | null {
  const file = parseFields(text, fail);
  const version = file.any("schema");
  if (version !== schema && /^densemark\/sweep-\d{1,6}$/.test(String(version))) return null;
  file.schema(schema);
  const fingerprint = file.object("fingerprint");
  return {
    fingerprint: {
      source: fingerprint.text("source"),
      engine: fingerprint.text("engine"),
      stride: fingerprint.count("stride", 1, 2 ** 32),
      patterns: fingerprint.count("patterns", 1, 2 ** 32),
    },
    digest: file.text("digest"),
    kernels: file.object("kernels"),
  };
}

/**
 * The ledger that the kernels of a resume file are.
 *
 * @throws {ResumeFileError} where they are none.
 */
export async function parseKernels(
  { kernels, digest, fingerprint: { stride, patterns } }: Head,
): Promise<Ledger> {
  const ledger = new Ledger();
  for (const kernel of kernels.names()) {
    if (!isKernelName(kernel)) return kernels.fail(kernel, "is no kernel of this version");
    const fields = kernels.object(kernel);
    ledger.addKernel(kernel, fields.text("traits"));
    const activations = fields.object("activations");
    for (const name of activations.names()) {
      const activation = sweptNames.find((candidate) => candidate === name);
      if (!activation) return activations.fail(name, "is no activation that is swept");
      const progress = activations.object(activation);
      const parts = partsOf(activation, stride, patterns);
      const numbers = doneOf(progress, parts.length);
      const inputs = numbers.reduce((sum, part) => sum + inputsOf(parts[part]!), 0);
      const findings = findingsOf(progress.object("findings"), inputs);
      ledger.record(kernel, activation, numbers, findings);
    }
  }
  if (await sha256(JSON.stringify(ledger)) !== digest) {
    fail("digest", "is not that of the kernels; they have been changed");
  }
  return ledger;
}
