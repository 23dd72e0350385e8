/**
 * Reads a result file. Whoever makes a report may hold a file that was cut
 * off, edited by hand or written by another version, so that every field is
 * checked before anything is drawn, and an error says in one line what is
 * wrong, where, and what is allowed.
 *
 * @module
 */
import { DensemarkError } from "../kernels/errors.ts";
import { cleanText } from "./clean.ts";
import { schema } from "./schema.ts";
import type {
  Environment,
  KernelRecord,
  Result,
  Results,
  Seconds,
  Verification,
  Warmup,
} from "./schema.ts";

/** A result file that cannot be read; the message is one line with the place and what is allowed there. */
export class ResultFileError extends DensemarkError {
  override name = "ResultFileError";
}

/** The most characters that a result file may have: 64 Mi. */
export const maxText = 64 * 2 ** 20;

/**
 * The results in `text`, the content of a results.json. Fields that the
 * schema does not know are left out.
 *
 * @throws {ResultFileError} where the text is no result file of this version.
 */
export function parseResults(text: string): Results {
  if (text.length > maxText) {
    fail("the file", `has ${text.length} characters; at most ${maxText} (64 MiB) are read`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    fail("the file", `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const file = new Fields(value, "");
  const found = file.any("schema");
  if (found !== schema) {
    fail("schema", `is ${show(found)}; this version reads ${show(schema)} only`);
  }
  const kernels = file.list("kernels", kernelRecord);
  const results: Results = {
    schema,
    date: file.text("date"),
    command: file.text("command"),
    suite: file.text("suite"),
    seed: file.number("seed", -Number.MAX_VALUE),
    rounds: file.count("rounds", 0),
    elapsed: file.number("elapsed", 0),
    partial: file.flag("partial"),
    environment: environment(file.object("environment")),
    engine: file.text("engine"),
    kernels,
    results: file.list("results", result),
  };
  checkNames(results);
  return results;
}

/** Names are how results and kernels find each other, so that they must be unique and known. */
function checkNames({ kernels, results }: Results): void {
  const names = new Map<string, KernelRecord>();
  for (const [i, record] of kernels.entries()) {
    if (names.has(record.name)) {
      fail(`kernels[${i}].name`, `is ${show(record.name)} a second time; names must differ`);
    }
    names.set(record.name, record);
  }
  for (const [i, { kernel, peer }] of results.entries()) {
    const record = names.get(kernel);
    if (record === undefined) {
      fail(`results[${i}].kernel`, `is ${show(kernel)}, which kernels does not list`);
    }
    if (record.peer !== peer) {
      fail(`results[${i}].peer`, `is ${peer}, but kernels says ${record.peer} of ${show(kernel)}`);
    }
  }
}

function environment(fields: Fields): Environment {
  return {
    densemark: fields.text("densemark"),
    commit: fields.optional("commit", (f, key) => f.text(key)),
    deno: fields.text("deno"),
    v8: fields.text("v8"),
    os: fields.text("os"),
    arch: fields.text("arch"),
    cpu: fields.text("cpu"),
    cores: fields.count("cores", 1),
    memory: fields.number("memory", 0),
  };
}

function kernelRecord(fields: Fields): KernelRecord {
  return {
    name: fields.text("name"),
    peer: fields.flag("peer"),
    device: fields.text("device"),
    threads: fields.count("threads", 0),
    method: fields.text("method"),
    unavailable: fields.optional("unavailable", (f, key) => f.text(key)),
  };
}

function result(fields: Fields): Result {
  const [m, n, k] = [fields.count("m", 1), fields.count("n", 1), fields.count("k", 1)];
  const time = fields.optional("seconds", (f, key) => seconds(f.object(key)));
  const gflops = fields.optional("gflops", (f, key) => f.number(key, 0));
  if ((time === null) !== (gflops === null)) {
    fail(fields.place("gflops"), "must be null exactly where seconds is null");
  }
  if (time !== null && gflops !== null) {
    const expected = 2 * m * n * k / time.median / 1e9;
    if (Math.abs(gflops - expected) > expected * 1e-3) {
      fail(
        fields.place("gflops"),
        `is ${gflops}; 2·m·n·k / seconds.median / 1e9 is ${expected.toPrecision(6)}`,
      );
    }
  }
  return {
    kernel: fields.text("kernel"),
    peer: fields.flag("peer"),
    workload: fields.text("workload"),
    description: fields.text("description"),
    m,
    n,
    k,
    pass: fields.choice("pass", ["forward"]),
    activation: fields.text("activation"),
    bias: fields.flag("bias"),
    seconds: time,
    gflops,
    verification: verification(fields.object("verification")),
    samples: fields.numbers("samples"),
    warmup: fields.optional("warmup", (f, key) => warmup(f.object(key))),
  };
}

function seconds(fields: Fields): Seconds {
  // Below a femtosecond no call ends; 0 would make a speed without bound.
  const time = (key: string) => fields.number(key, 1e-15);
  const found: Seconds = {
    median: time("median"),
    low: time("low"),
    high: time("high"),
    min: time("min"),
    confidence: fields.number("confidence", 0, 1),
  };
  if (found.low > found.median || found.median > found.high) {
    fail(
      fields.place("median"),
      `is ${found.median}; it must lie between low, ${found.low}, and high, ${found.high}`,
    );
  }
  if (found.min > found.median) {
    fail(fields.place("min"), `is ${found.min}; the median, ${found.median}, must not be less`);
  }
  return found;
}

function verification(fields: Fields): Verification {
  return {
    status: fields.choice("status", ["passed", "failed", "error"]),
    detail: fields.text("detail"),
    worst: fields.optional("worst", (f, key) => f.number(key, 0)),
  };
}

function warmup(fields: Fields): Warmup {
  return {
    calls: fields.count("calls", 0),
    seconds: fields.number("seconds", 0),
    settled: fields.flag("settled"),
    first: fields.number("first", 0),
  };
}

/** The fields of one object of the file, read by name and type; `at` is its place in the file. */
class Fields {
  readonly #at: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(value: unknown, at: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail(at || "the file", `is ${show(value)}; it must be an object`);
    }
    this.#at = at;
    this.#fields = new Map(Object.entries(value));
  }

  place(key: string): string {
    return this.#at === "" ? key : `${this.#at}.${key}`;
  }

  any(key: string): unknown {
    if (!this.#fields.has(key)) fail(this.place(key), "is missing");
    return this.#fields.get(key);
  }

  text(key: string): string {
    const value = this.any(key);
    return typeof value === "string" ? value : this.#wrong(key, "a text");
  }

  flag(key: string): boolean {
    const value = this.any(key);
    return typeof value === "boolean" ? value : this.#wrong(key, "true or false");
  }

  number(key: string, min: number, max = Number.MAX_VALUE): number {
    const value = this.any(key);
    // JSON writes no infinity, but reads 1e999 as one.
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.#wrong(key, `a finite number${range(min, max)}`);
  }

  count(key: string, min: number): number {
    const value = this.any(key);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= min) return value;
    return this.#wrong(key, `a whole number, ${min} or more`);
  }

  choice<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.any(key);
    const found = allowed.find((choice) => choice === value);
    return found ?? this.#wrong(key, allowed.map((choice) => show(choice)).join(" or "));
  }

  numbers(key: string): number[] {
    return this.#array(key).map((value, i) =>
      typeof value === "number" && Number.isFinite(value) && value >= 0
        ? value
        : fail(`${this.place(key)}[${i}]`, `is ${show(value)}; it must be a finite number >= 0`)
    );
  }

  list<T>(key: string, read: (fields: Fields) => T): T[] {
    return this.#array(key).map((value, i) => read(new Fields(value, `${this.place(key)}[${i}]`)));
  }

  object(key: string): Fields {
    return new Fields(this.any(key), this.place(key));
  }

  /** What `read` makes of the field, or null where the file says null. */
  optional<T>(key: string, read: (fields: Fields, key: string) => T): T | null {
    return this.any(key) === null ? null : read(this, key);
  }

  #array(key: string): unknown[] {
    const value = this.any(key);
    return Array.isArray(value) ? value : this.#wrong(key, "a list");
  }

  #wrong(key: string, allowed: string): never {
    return fail(this.place(key), `is ${show(this.any(key))}; it must be ${allowed}`);
  }
}

function range(min: number, max: number): string {
  if (max !== Number.MAX_VALUE) return ` from ${min} to ${max}`;
  return min === -Number.MAX_VALUE ? "" : ` >= ${min}`;
}

/** A value of the file in a message: short, on one line, without control characters. */
function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(cleanText(value, 40)) : String(value);
}

function fail(where: string, what: string): never {
  throw new ResultFileError(`Cannot read the results: ${cleanText(`${where} ${what}`, 300)}.`);
}
