/**
 * What a calibration needs of a run: the ratios of identical code, the verdicts
 * and what exceeds its ceiling, from the fields of its results.json that are the
 * same in all versions of the format.
 *
 * @module
 */
import { failWith, type JsonFields, parseFields } from "../../common/json_fields.ts";
import { cleanText } from "../../common/text.ts";
import type { CalibrationRun, Compared, EffectKind } from "../../results/calibration/schema.ts";
import { ResultFileError } from "../../results/fields.ts";
import { passes } from "../../results/schema.ts";
import { hodgesLehmann } from "../../statistics/estimators.ts";

/** What a run's results.json says. */
export type Outcome = Pick<CalibrationRun, "controls" | "versions" | "exceeded"> & {
  readonly partial: boolean;
};

const fail = failWith(ResultFileError, "Cannot read the results of a run");

const text = (fields: JsonFields, key: string) => cleanText(fields.text(key));

/** The interval of the ratios of a control's rounds, where the file has none. */
function intervalOf(ratios: readonly number[]): Pick<Compared, "ratio" | "low" | "high"> {
  const { estimate, low, high, confidence } = hodgesLehmann(ratios.map(Math.log));
  const known = confidence > 0;
  return {
    ratio: Math.exp(estimate),
    low: known ? Math.exp(low) : null,
    high: known ? Math.exp(high) : null,
  };
}

function place(fields: JsonFields): Pick<Compared, "kernel" | "workload" | "pass"> {
  return {
    kernel: text(fields, "kernel"),
    workload: text(fields, "workload"),
    pass: fields.choice("pass", passes),
  };
}

function control(fields: JsonFields): Compared[] {
  const ratio = fields.maybe("ratio", (f, key) => f.number(key, 0));
  const end = (key: string) => fields.maybe(key, (f, key) => f.unbounded(key, 0));
  const ratios = fields.numbers("ratios");
  if (ratios.length === 0 && ratio === null) return [];
  const interval = ratio === null
    ? intervalOf(ratios)
    : { ratio, low: end("low"), high: end("high") };
  return [{ ...place(fields), ...interval, verdict: fields.maybe("verdict", text) }];
}

function version(fields: JsonFields): Compared {
  const known = fields.number("confidence", 0, 1) > 0;
  return {
    ...place(fields),
    ratio: fields.number("ratio", 0),
    low: known ? fields.unbounded("low", 0) : null,
    high: known ? fields.unbounded("high", 0) : null,
    verdict: text(fields, "verdict"),
  };
}

/** What the ids of the ceilings of a kind of device begin with; null where none is measured in the same way. */
function familyOf(device: string): string | null {
  if (device.startsWith("WebAssembly")) return "wasm-";
  return device === "JavaScript" ? "js-" : null;
}

/** The results with more FLOP/s than any ceiling of their kind and number of threads; null where no ceiling was measured. */
function exceededIn(file: JsonFields): string[] | null {
  const ceilings = !file.has("ceilings") ? [] : file.list("ceilings", (fields) => ({
    id: fields.text("id"),
    kind: fields.text("kind"),
    threads: fields.count("threads", 0),
    best: fields.number("best", 0),
  }));
  const kernels = file.list("kernels", (fields) => ({
    name: fields.text("name"),
    family: familyOf(fields.text("device")),
    threads: fields.count("threads", 0),
  }));
  if (ceilings.length === 0) return null;
  return file.list("results", (fields) => ({
    kernel: fields.text("kernel"),
    workload: text(fields, "workload"),
    gflops: fields.optional("gflops", (f, key) => f.number(key, 0)),
  })).flatMap(({ kernel, workload, gflops }) => {
    const record = kernels.find(({ name }) => name === kernel);
    const limits = ceilings.filter(({ id, kind, threads }) =>
      kind === "compute" && threads === record?.threads && record.family !== null &&
      id.startsWith(record.family)
    ).map(({ best }) => best);
    const exceeds = limits.length > 0 && gflops !== null && gflops > Math.max(...limits);
    return exceeds ? [`${cleanText(kernel)} on ${workload}`] : [];
  });
}

/**
 * What a results.json says.
 *
 * @throws {ResultFileError} where it is none.
 */
export function outcomeOf(json: string): Outcome {
  const file = parseFields(json, fail);
  const others = new Set(
    file.list("kernels", (fields) => ({
      name: text(fields, "name"),
      version: fields.has("version"),
    })).flatMap(({ name, version }) => version ? [name] : []),
  );
  const verdicts = !file.has("verdicts") ? [] : file.list("verdicts", (fields) => ({
    baseline: text(fields, "baseline"),
    found: version(fields),
  }));
  return {
    controls: file.objectOrEmpty("noise").maybe("controls", (f, key) => f.list(key, control))
      ?.flat() ?? [],
    versions: verdicts.flatMap(({ baseline, found }) => others.has(baseline) ? [found] : []),
    exceeded: exceededIn(file),
    partial: file.flag("partial"),
  };
}

/** Where a run's output says that a regression was confirmed, as "wasm-simd on jet"; undefined where it does not. */
export function confirmedIn(output: string): string | undefined {
  const [, places] = /^regression, confirmed: (.+)$/m.exec(output) ?? [];
  return places === undefined ? undefined : cleanText(places, 10_000);
}

/** How a bench would name an effect that is no change of the median. */
const names: Readonly<Partial<Record<EffectKind, RegExp>>> = {
  tail: /\btails?\b[^\n]*\bslower\b|\bslower\b[^\n]*\btails?\b|\bp9\d\b[^\n]*\bslower\b/i,
  leak: /\bleaks?\b|\bbytes (?:a|per) call\b|\bmemory\b[^\n]*\bgrows?\b/i,
  start:
    /\b(?:first calls?|starts?|cold)\b[^\n]*\bslower\b|\bslower\b[^\n]*\b(?:first calls?|starts?|cold)\b/i,
};

/** Whether a line of a run's output names the effect together with the workload, or, of identical code, any effect at all; null for effects without a name of their own. */
export function isNamed(
  output: string,
  kind: EffectKind,
  workload: string | null,
): boolean | null {
  const own = kind === "same" ? Object.values(names) : [names[kind]].filter((one) => one);
  if (own.length === 0) return null;
  return output.split("\n").some((line) =>
    own.some((name) => name?.test(line)) && line.includes(workload ?? "")
  );
}
