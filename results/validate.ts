/**
 * Reads a result file. It may have been cut off, edited by hand or written by
 * another version, so every field is checked before anything is drawn, and an
 * error says in one line what is wrong, where, and what is allowed.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { noiseGrades } from "../common/verdicts.ts";
import { checkConsistency } from "./consistency.ts";
import { fail, parseFields } from "./fields.ts";
import type {
  Cache,
  ControlRatios,
  Environment,
  KernelRecord,
  Layer,
  LoopReading,
  Measurement,
  NoiseReport,
  Published,
  Result,
  Results,
  Seconds,
  ThreadNoise,
  Verification,
  Warmup,
} from "./schema.ts";
import { flopsOf } from "./query.ts";
import { callTimes, leak } from "./validate_calls.ts";
import { ceilingsOf } from "./validate_ceilings.ts";
import { startVerdict, tailVerdict, verdict, verdictOf } from "./validate_verdicts.ts";
import { formerNames, olderSchemas, passes, schema } from "./schema.ts";

/**
 * The results in `text`, the content of a results.json. Fields that the
 * schema does not know are left out.
 *
 * @throws {ResultFileError} where the text is no result file of this version.
 */
export function parseResults(text: string): Results {
  return resultsOf(parseFields(text));
}

/**
 * The results in the fields of a file.
 *
 * @throws {ResultFileError} where it is no result file of this version.
 */
export function resultsOf(file: JsonFields): Results {
  const version = file.schema(schema, ...olderSchemas);
  if (version !== schema) file = file.withFormerNames(formerNames[version]);
  const kernels = file.list("kernels", kernelRecord);
  const results: Results = {
    schema,
    date: file.text("date"),
    command: file.text("command"),
    suite: file.text("suite"),
    seed: file.number("seed", -Number.MAX_VALUE),
    rounds: file.count("rounds", 0),
    ...file.absent("launches", (f, key) => f.count(key, 1)),
    elapsed: file.number("elapsed", 0),
    partial: file.flag("partial"),
    environment: environmentOf(file.object("environment")),
    engine: file.text("engine"),
    kernels,
    results: file.list("results", result),
    ...file.absent("noise", (f, key) => noise(f.object(key))),
    ...file.absent("baseline", (f, key) => f.text(key)),
    ...file.absent("verdicts", (f, key) => f.list(key, verdict)),
    ...file.absent("tailVerdicts", (f, key) => f.list(key, tailVerdict)),
    ...file.absent("startVerdicts", (f, key) => f.list(key, startVerdict)),
    ...file.absent("published", (f, key) => f.list(key, published)),
    ...file.has("ceilings") ? { ceilings: ceilingsOf(file) } : {},
  };
  checkNames(results);
  checkConsistency(results);
  return results;
}

/** Names are how results and kernels find each other, so that they must be unique and known. */
function checkNames({ kernels, results, verdicts = [], ...file }: Results): void {
  const names = new Map<string, KernelRecord>();
  for (const [i, record] of kernels.entries()) {
    if (names.has(record.name)) {
      fail(`kernels[${i}].name`, `is ${quote(record.name)} a second time; names must differ`);
    }
    names.set(record.name, record);
  }
  for (const [i, { kernel, peer }] of results.entries()) {
    const record = names.get(kernel);
    if (record === undefined) {
      fail(`results[${i}].kernel`, `is ${quote(kernel)}, which kernels does not list`);
    }
    if (record.peer !== peer) {
      fail(`results[${i}].peer`, `is ${peer}, but kernels says ${record.peer} of ${quote(kernel)}`);
    }
  }
  const known = (place: string, name: string | undefined) => {
    if (name !== undefined && !names.has(name)) {
      fail(place, `is ${quote(name)}, which kernels does not list`);
    }
  };
  known("baseline", file.baseline);
  for (const [i, { kernel }] of (file.noise?.controls ?? []).entries()) {
    known(`noise.controls[${i}].kernel`, kernel);
  }
  for (const [i, { controlOf }] of kernels.entries()) known(`kernels[${i}].controlOf`, controlOf);
  for (const [i, { kernel, baseline }] of verdicts.entries()) {
    known(`verdicts[${i}].kernel`, kernel);
    known(`verdicts[${i}].baseline`, baseline);
  }
  for (const list of ["tailVerdicts", "startVerdicts"] as const) {
    for (const [i, { kernel, baseline }] of (file[list] ?? []).entries()) {
      known(`${list}[${i}].kernel`, kernel);
      known(`${list}[${i}].baseline`, baseline);
    }
  }
}

/** The machine and the software, which every result file names. */
export function environmentOf(fields: JsonFields): Environment {
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
    ...fields.absent("governor", text),
    ...fields.absent("hypervisor", text),
    ...fields.absent("load", (f, key) => f.numbers(key)),
    ...fields.absent("cpuQuota", (f, key) => f.number(key, 0)),
    ...fields.absent("cpuset", text),
    ...fields.absent("caches", (f, key) => f.list(key, cache)),
  };
}

function cache(fields: JsonFields): Cache {
  return {
    level: fields.count("level", 1),
    kind: fields.choice("kind", ["data", "code", "both"]),
    bytes: fields.count("bytes", 1),
    sharedBy: fields.count("sharedBy", 1),
  };
}

const text = (fields: JsonFields, key: string): string => fields.text(key);

function kernelRecord(fields: JsonFields): KernelRecord {
  return {
    name: fields.text("name"),
    peer: fields.flag("peer"),
    device: fields.text("device"),
    threads: fields.count("threads", 0),
    method: fields.text("method"),
    unavailable: fields.optional("unavailable", (f, key) => f.text(key)),
    ...fields.absent("base", text),
    ...fields.absent("engine", text),
    ...fields.absent("version", text),
    ...fields.absent("controlOf", text),
  };
}

function result(fields: JsonFields): Result {
  const [m, n, k] = [fields.count("m", 1), fields.count("n", 1), fields.count("k", 1)];
  const time = fields.optional("seconds", (f, key) => seconds(f.object(key)));
  const gflops = fields.optional("gflops", (f, key) => f.number(key, 0));
  if ((time === null) !== (gflops === null)) {
    fields.fail("gflops", "must be null exactly where seconds is null");
  }
  const flops = fields.absent("flops", (f, key) => f.number(key, 0));
  if (time !== null && gflops !== null) {
    const expected = flopsOf({ ...flops, m, n, k }) / time.median / 1e9;
    if (Math.abs(gflops - expected) > expected * 1e-3) {
      const formula = flops.flops === undefined ? "2·m·n·k" : "flops";
      fields.fail(
        "gflops",
        `is ${gflops}; ${formula} / seconds.median / 1e9 is ${expected.toPrecision(6)}`,
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
    ...fields.absent("layers", (f, key) => f.list(key, layer)),
    ...fields.absent("steps", (f, key) => f.texts(key)),
    pass: fields.choice("pass", passes),
    ...(fields.has("cold") && fields.flag("cold") && { cold: true as const }),
    activation: fields.text("activation"),
    bias: fields.flag("bias"),
    seconds: time,
    ...flops,
    gflops,
    verification: verification(fields.object("verification")),
    roundMedians: fields.numbers("roundMedians"),
    warmup: fields.optional("warmup", (f, key) => warmup(f.object(key))),
    ...fields.absent("measurements", (f, key) => f.list(key, measurement)),
    ...fields.absent("memory", (f, key) => f.number(key, 0)),
    ...fields.absent("calls", (f, key) => callTimes(f.object(key))),
    ...fields.absent("leak", (f, key) => leak(f.object(key))),
    ...fields.absent("firstCalls", (f, key) => f.numbers(key)),
    ...fields.absent("settledCalls", (f, key) => f.numbers(key)),
  };
}

function layer(fields: JsonFields): Layer {
  return {
    n: fields.count("n", 1),
    k: fields.count("k", 1),
    activation: fields.text("activation"),
    ...(fields.has("bias") && !fields.flag("bias") && { bias: false as const }),
    ...fields.absent("rows", (f, key) => f.count(key, 1)),
  };
}

function measurement(fields: JsonFields): Measurement {
  return {
    round: fields.count("round", 1),
    ...fields.absent("launch", (f, key) => f.count(key, 1)),
    at: fields.number("at", 0),
    calls: fields.count("calls", 1),
    samples: fields.numbers("samples"),
    ...fields.absent("slots", (f, key) => f.count(key, 1)),
    cpu: fields.number("cpu", 0),
    switches: fields.count("switches", 0),
    pressure: fields.optional("pressure", (f, key) => f.number(key, 0)),
    ...fields.absent("replaced", text),
  };
}

function noise(fields: JsonFields): NoiseReport {
  const share = (key: string) => fields.optional(key, (f, key) => f.number(key, 0));
  return {
    sentence: fields.text("sentence"),
    grade: fields.choice("grade", noiseGrades),
    floor: share("floor"),
    smallest: share("smallest"),
    ...fields.absent("byThreads", (f, key) => f.list(key, threadNoise)),
    warnings: fields.texts("warnings"),
    controls: fields.list("controls", controlRatios),
    referenceLoop: fields.list("referenceLoop", reading),
    measurements: fields.count("measurements", 0),
    replaced: fields.count("replaced", 0),
  };
}

function threadNoise(fields: JsonFields): ThreadNoise {
  const share = (key: string) => fields.optional(key, (f, key) => f.number(key, 0));
  return {
    threads: fields.count("threads", 0),
    grade: fields.choice("grade", noiseGrades),
    floor: share("floor"),
    smallest: share("smallest"),
  };
}

function controlRatios(fields: JsonFields): ControlRatios {
  const ratio = (key: "ratio" | "low" | "high") =>
    fields.absent(key, (f, key) => f.number(key, 1e-15));
  return {
    kernel: fields.text("kernel"),
    workload: fields.text("workload"),
    pass: fields.choice("pass", passes),
    ratios: fields.numbers("ratios"),
    ...ratio("ratio"),
    ...ratio("low"),
    ...ratio("high"),
    ...fields.absent("verdict", verdictOf),
  };
}

function reading(fields: JsonFields): LoopReading {
  return {
    round: fields.count("round", 1),
    at: fields.number("at", 0),
    seconds: fields.number("seconds", 0),
    ...fields.absent("others", (f, key) => f.number(key, 0)),
  };
}

function published(fields: JsonFields): Published {
  return {
    workload: fields.text("workload"),
    device: fields.text("device"),
    gflops: fields.number("gflops", 0),
    source: fields.text("source"),
  };
}

function seconds(fields: JsonFields): Seconds {
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
    fields.fail(
      "median",
      `is ${found.median}; it must lie between low, ${found.low}, and high, ${found.high}`,
    );
  }
  if (found.min > found.median) {
    fields.fail("min", `is ${found.min}; the median, ${found.median}, must not be less`);
  }
  return found;
}

function verification(fields: JsonFields): Verification {
  return {
    status: fields.choice("status", ["passed", "failed", "error"]),
    detail: fields.text("detail"),
    worst: fields.optional("worst", (f, key) => f.number(key, 0)),
  };
}

function warmup(fields: JsonFields): Warmup {
  return {
    calls: fields.count("calls", 0),
    seconds: fields.number("seconds", 0),
    settled: fields.flag("settled"),
    first: fields.number("first", 0),
    ...fields.absent("trace", (f, key) => f.numbers(key)),
  };
}
