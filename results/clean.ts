/**
 * Makes the words of a result file safe to show. Names of kernels, devices,
 * processors and errors come from outside; in a report they must neither
 * reorder the text around them, nor hide in it, nor flood it.
 *
 * @module
 */
import type { Environment, Results } from "./schema.ts";

/** The most characters that a name keeps. */
export const maxName = 80;
/** The most characters that a line of explanation keeps. */
export const maxLine = 400;
/** The most characters that a command keeps. */
export const maxCommand = 2000;

/**
 * C0 and C1 controls, the bidirectional controls (marks, embeddings,
 * overrides, isolates), line and paragraph separators, the byte order mark.
 */
const controls =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/g;

/**
 * `text` on one line, without control characters, well-formed, and cut to
 * `max` characters (code points) with an ellipsis at the end.
 */
export function cleanText(text: string, max: number = maxName): string {
  // Each run of controls becomes a space, so that words on two lines stay two words.
  const line = text.replaceAll(controls, " ").replaceAll(/ {2,}/g, " ").trim().toWellFormed();
  if (line.length <= max) return line;
  const characters = Array.from(line);
  return characters.length <= max ? line : characters.slice(0, max - 1).join("") + "…";
}

/**
 * The same results with every text cleaned. Names that differ stay different,
 * even where they did so only in what was cut: they get a number.
 */
export function cleanResults(results: Results): Results {
  const kernel = renamer();
  const workload = renamer();
  return {
    ...results,
    date: cleanText(results.date),
    command: cleanText(results.command, maxCommand),
    suite: cleanText(results.suite),
    engine: cleanText(results.engine, maxLine),
    environment: cleanEnvironment(results.environment),
    kernels: results.kernels.map((record) => ({
      ...record,
      name: kernel(record.name),
      device: cleanText(record.device),
      method: cleanText(record.method, maxLine),
      unavailable: record.unavailable === null ? null : cleanText(record.unavailable, maxLine),
      ...given(record, "base", cleanText),
      ...given(record, "engine", (text) => cleanText(text, maxLine)),
      ...given(record, "version", cleanText),
      ...given(record, "controlOf", kernel),
    })),
    results: results.results.map((result) => ({
      ...result,
      kernel: kernel(result.kernel),
      workload: workload(result.workload),
      description: cleanText(result.description, maxLine),
      activation: cleanText(result.activation),
      verification: {
        ...result.verification,
        detail: cleanText(result.verification.detail, maxLine),
      },
      ...given(
        result,
        "layers",
        (layers) => layers.map((layer) => ({ ...layer, activation: cleanText(layer.activation) })),
      ),
      ...given(result, "measurements", (measurements) =>
        measurements.map((measurement) => ({
          ...measurement,
          ...given(measurement, "replaced", (text) => cleanText(text, maxLine)),
        }))),
    })),
    ...given(results, "noise", (noise) => ({
      ...noise,
      sentence: cleanText(noise.sentence, maxLine),
      warnings: noise.warnings.map((warning) => cleanText(warning, maxLine)),
      controls: noise.controls.map((control) => ({
        ...control,
        kernel: kernel(control.kernel),
        workload: workload(control.workload),
      })),
    })),
    ...given(results, "baseline", kernel),
    ...given(results, "verdicts", (verdicts) =>
      verdicts.map((verdict) => ({
        ...verdict,
        kernel: kernel(verdict.kernel),
        baseline: kernel(verdict.baseline),
        workload: workload(verdict.workload),
      }))),
    ...given(results, "published", (published) =>
      published.map((figure) => ({
        ...figure,
        workload: workload(figure.workload),
        device: cleanText(figure.device),
        source: cleanText(figure.source, maxLine),
      }))),
    ...results.ceilings
      ? {
        ceilings: results.ceilings.map((ceiling) => ({
          ...ceiling,
          id: cleanText(ceiling.id),
          what: cleanText(ceiling.what, maxLine),
        })),
      }
      : {},
  };
}

/** `{ key: … }` of what `clean` makes of the field, or `{}` where the object lacks it. */
function given<T extends object, K extends keyof T & string>(
  object: T,
  key: K,
  clean: (value: NonNullable<T[K]>) => T[K],
): { readonly [P in K]?: T[P] } {
  const value = object[key];
  return value === undefined || value === null
    ? {}
    : { [key]: clean(value) } as { [P in K]?: T[P] };
}

/** The same machine and software with every text cleaned. */
export function cleanEnvironment(environment: Environment): Environment {
  return {
    ...environment,
    densemark: cleanText(environment.densemark),
    commit: environment.commit === null ? null : cleanText(environment.commit),
    deno: cleanText(environment.deno),
    v8: cleanText(environment.v8),
    os: cleanText(environment.os),
    arch: cleanText(environment.arch),
    cpu: cleanText(environment.cpu),
  };
}

/** A function that cleans names and gives equal ones equal, different ones different results. */
export function renamer(): (name: string) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return (name) => {
    let clean = given.get(name);
    if (clean === undefined) {
      const base = cleanText(name) || "(no name)";
      clean = base;
      for (let i = 2; taken.has(clean); i++) clean = `${base} (${i})`;
      given.set(name, clean);
      taken.add(clean);
    }
    return clean;
  };
}
