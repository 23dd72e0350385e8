/**
 * Reads the content of a resume file. It may have been cut off, edited or made
 * up, and its findings become part of a proof, so every field is checked, and
 * that the counts are those of the parts that are said to be done.
 *
 * @module
 */
import { DensemarkError } from "../../kernels/errors.ts";
import { isKernelName } from "../../kernels/registry.ts";
import {
  bins,
  type Findings,
  histogramLength,
  pointwise,
  type Violations,
  type Worst,
} from "./findings.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { Ledger, schema } from "./ledger.ts";
import { inputsOf, partsOf } from "./part.ts";

/** Content that is no resume file; the message is one line with the place and what is allowed there. */
export class LedgerError extends DensemarkError {
  override name = "LedgerError";
}

/** Throws what is wrong with a value and where; the value itself may be of any length, so it is cut. */
function fail(path: string, allowed: string, value: unknown): never {
  const text = JSON.stringify(value) ?? "nothing";
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new LedgerError(`${path} must be ${allowed}; got ${shown}`);
}

type Fields = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(path, "an object", value);
  }
  return value as Fields;
}

function listAt(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, "a list", value);
}

function textAt(value: unknown, path: string): string {
  return typeof value === "string" ? value : fail(path, "text", value);
}

function numberAt(value: unknown, path: string, low = -Infinity): number {
  return typeof value === "number" && Number.isFinite(value) && value >= low
    ? value
    : fail(path, low === -Infinity ? "a finite number" : `a finite number from ${low} on`, value);
}

function wholeAt(value: unknown, path: string, high: number): number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= high
    ? value as number
    : fail(path, `a whole number from 0 to ${high}`, value);
}

const mostBits = 2 ** 32 - 1;

function worstAt(value: unknown, path: string): Worst | null {
  if (value === null) return null;
  const { error, bits, got, want } = objectAt(value, path);
  return {
    error: numberAt(error, `${path}.error`, 0),
    bits: wholeAt(bits, `${path}.bits`, mostBits),
    got: wholeAt(got, `${path}.got`, mostBits),
    want: numberAt(want, `${path}.want`),
  };
}

function violationsAt(value: unknown, path: string): Violations {
  const { pairs, count, largest } = objectAt(value, path);
  const most = wholeAt(pairs, `${path}.pairs`, 2 ** 32);
  const violations = wholeAt(count, `${path}.count`, most);
  if ((violations === 0) !== (largest === null)) {
    fail(`${path}.largest`, violations === 0 ? "null" : "an object", largest);
  }
  if (largest === null) return { pairs: most, count: violations, largest };
  const { error, bits } = objectAt(largest, `${path}.largest`);
  return {
    pairs: most,
    count: violations,
    largest: {
      error: numberAt(error, `${path}.largest.error`, 0),
      bits: wholeAt(bits, `${path}.largest.bits`, mostBits),
    },
  };
}

function numbersAt(value: unknown, path: string, length: number, low: number): number[] {
  const list = listAt(value, path);
  if (list.length !== length) fail(path, `a list of ${length} numbers`, `${list.length} of them`);
  return list.map((element, i) => numberAt(element, `${path}[${i}]`, low));
}

/** The findings of `expected` inputs. */
function findingsAt(value: unknown, path: string, expected: number): Findings {
  const fields = objectAt(value, path);
  const nan = objectAt(fields.nan, `${path}.nan`);
  const count = wholeAt(nan.count, `${path}.nan.count`, expected);
  if ((count === 0) !== (nan.bits === null)) {
    fail(`${path}.nan.bits`, count === 0 ? "null" : "a number", nan.bits);
  }
  const histogram = numbersAt(fields.histogram, `${path}.histogram`, histogramLength, 0);
  if (fields.inputs !== expected) {
    fail(`${path}.inputs`, `${expected}, as many as the parts that are done have`, fields.inputs);
  }
  const sum = histogram.reduce((total, each) => total + each, count);
  if (sum !== expected) fail(`${path}.histogram`, `of ${expected} inputs with the NaN`, sum);
  return {
    inputs: expected,
    ulp: worstAt(fields.ulp, `${path}.ulp`),
    absolute: worstAt(fields.absolute, `${path}.absolute`),
    nan: { count, bits: count === 0 ? null : wholeAt(nan.bits, `${path}.nan.bits`, mostBits) },
    histogram,
    ulpByBin: numbersAt(fields.ulpByBin, `${path}.ulpByBin`, bins, -1),
    decreases: violationsAt(fields.decreases, `${path}.decreases`),
    asymmetries: violationsAt(fields.asymmetries, `${path}.asymmetries`),
  };
}

/** The numbers of the parts that are done, of `count`; each once, in ascending order. */
function doneAt(value: unknown, path: string, count: number): number[] {
  const numbers: number[] = [];
  for (const [i, range] of listAt(value, path).entries()) {
    const [start, end, ...rest] = listAt(range, `${path}[${i}]`);
    const from = wholeAt(start, `${path}[${i}][0]`, count);
    const to = wholeAt(end, `${path}[${i}][1]`, count);
    if (rest.length > 0 || from >= to || from < (numbers.at(-1) ?? -1) + 1) {
      fail(`${path}[${i}]`, "two ascending numbers beyond those before", range);
    }
    for (let part = from; part < to; part++) numbers.push(part);
  }
  return numbers;
}

/** The fingerprint of a resume file's content, its `kernels` not yet read; null where it is of another version. */
export function parseHead(text: string): { fingerprint: Fingerprint; kernels: unknown } | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new LedgerError("it is no JSON, or was cut off");
  }
  const file = objectAt(content, "the content");
  if (typeof file.schema !== "string" || !/^densemark\/sweep-\d{1,6}$/.test(file.schema)) {
    fail("schema", JSON.stringify(schema), file.schema);
  }
  if (file.schema !== schema) return null;
  const { source, engine, stride, patterns } = objectAt(file.fingerprint, "fingerprint");
  return {
    fingerprint: {
      source: textAt(source, "fingerprint.source"),
      engine: textAt(engine, "fingerprint.engine"),
      stride: wholeAt(stride, "fingerprint.stride", 2 ** 32),
      patterns: wholeAt(patterns, "fingerprint.patterns", 2 ** 32),
    },
    kernels: file.kernels,
  };
}

/**
 * The ledger that `kernels` of a resume file is.
 *
 * @throws {LedgerError} where it is none.
 */
export function parseKernels(
  kernels: unknown,
  { stride, patterns }: Pick<Fingerprint, "stride" | "patterns">,
): Ledger {
  const ledger = new Ledger();
  for (const [kernel, value] of Object.entries(objectAt(kernels, "kernels"))) {
    if (!isKernelName(kernel)) fail("kernels", "objects by kernels' names", kernel);
    const path = `kernels.${kernel}`;
    const { traits, activations } = objectAt(value, path);
    ledger.addKernel(kernel, textAt(traits, `${path}.traits`));
    for (const [name, progress] of Object.entries(objectAt(activations, `${path}.activations`))) {
      const activation = pointwise.find((candidate) => candidate === name);
      if (!activation) fail(`${path}.activations`, "objects by activations' names", name);
      const place = `${path}.activations.${activation}`;
      const { done, findings } = objectAt(progress, place);
      const parts = partsOf(activation, stride, patterns);
      const numbers = doneAt(done, `${place}.done`, parts.length);
      const inputs = numbers.reduce((sum, part) => sum + inputsOf(parts[part]!), 0);
      ledger.record(
        kernel,
        activation,
        numbers,
        findingsAt(findings, `${place}.findings`, inputs),
      );
    }
  }
  return ledger;
}
