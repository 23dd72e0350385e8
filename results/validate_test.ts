import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { hostileResults, sampleResults, wholeSample } from "./sample_testing.ts";
import { type Layer, schema } from "./schema.ts";
import { mostCharacters } from "../common/json_fields.ts";
import { ResultFileError } from "./fields.ts";
import { parseResults } from "./validate.ts";

/** The text of the sample with the value at a path replaced, or removed where it is undefined. */
function changed(path: string, value: unknown, sample = sampleResults()): string {
  const copy: unknown = structuredClone(sample);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = copy as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(copy);
}

/** The message with which a text is refused. */
function refusal(text: string): string {
  const { message } = assertThrows(() => parseResults(text), ResultFileError);
  assertMatch(message, /^Cannot read the results: [^\n]+\.$/);
  return message;
}

Deno.test("parseResults() gives back what was written", () => {
  const results = sampleResults();
  assertEquals(parseResults(JSON.stringify(results)), results);
  const whole = wholeSample();
  assertEquals(parseResults(JSON.stringify(whole)), whole);
  // The reader refuses what is no date.
  const hostile = { ...hostileResults(), date: whole.date };
  assertEquals(parseResults(JSON.stringify(hostile)), hostile);
});

Deno.test("parseResults() leaves out fields that it does not know", () => {
  const text = JSON.stringify({ ...sampleResults(), later: 1 }).replace(
    '"kernel"',
    '"__proto__": {"polluted": true}, "kernel"',
  );
  assertEquals(parseResults(text), sampleResults());
});

Deno.test("parseResults() refuses a text that was cut off", () => {
  const text = JSON.stringify(sampleResults());
  for (const length of [0, 1, 100, text.length - 1]) {
    assertStringIncludes(refusal(text.slice(0, length)), "the file is not JSON");
  }
});

Deno.test("parseResults() refuses other JSON and other versions", () => {
  assertStringIncludes(refusal("[]"), "the file is a list; it must be an object");
  assertStringIncludes(refusal("null"), "the file is null");
  assertStringIncludes(refusal("{}"), "schema is missing");
  assertStringIncludes(
    refusal(changed("schema", "densemark-results/9")),
    'schema is "densemark-results/9"; this version reads "densemark-results/4", "densemark-results/1", "densemark-results/2" and "densemark-results/3" only',
  );
});

/** A file that the code of version 2 wrote. */
const version2 = await Deno.readTextFile(new URL("fixtures/results_2.json", import.meta.url));

Deno.test("parseResults() reads a file of version 2 under the names of today", () => {
  const read = parseResults(version2);
  const old = JSON.parse(version2);
  assertEquals(read.schema, schema);
  assertEquals(read.kernels.map(({ controlOf }) => controlOf), [undefined, undefined, "wasm-simd"]);
  assertEquals(read.noise?.referenceLoop.length, old.noise.thermometer.length);
  assertEquals(read.noise?.measurements, old.noise.visits);
  assertEquals(read.noise?.controls[0]?.ratios, old.noise.twins[0].ratios);
  assertEquals(read.results.length, old.results.length);
  for (const [i, result] of read.results.entries()) {
    assertEquals(result.roundMedians, old.results[i].samples);
    assertEquals(
      result.measurements?.map(({ samples, slots }) => [samples, slots]),
      old.results[i].visits.map((visit: { blocks: number[]; turns: number }) => [
        visit.blocks,
        visit.turns,
      ]),
    );
  }
  // What is written today is read as today's.
  assertEquals(parseResults(JSON.stringify(read)), read);
});

Deno.test("parseResults() names a field of an older file as that file does", () => {
  const wrong = version2.replace(/"turns": \d+/, '"turns": "many"');
  assertStringIncludes(refusal(wrong), 'results[0].visits[0].turns is "many"; it must be a whole');
  // The former names are no names of today's version.
  const mixed = version2.replace("densemark-results/2", schema);
  assertStringIncludes(refusal(mixed), "results[0].roundMedians is missing");
});

Deno.test("parseResults() reads version 1, which lacks what came later", () => {
  const read = parseResults(changed("schema", "densemark-results/1"));
  assertEquals(read.schema, schema);
  assertEquals(read, sampleResults());
});

Deno.test("parseResults() refuses a text that is too long, before it reads it", () => {
  assertStringIncludes(refusal(" ".repeat(mostCharacters + 1)), "at most 67108864 (64 MiB)");
});

Deno.test("parseResults() refuses numbers that are none", () => {
  assertStringIncludes(
    refusal(JSON.stringify(sampleResults()).replace('"seed":1', '"seed":NaN')),
    "not JSON",
  );
  const infinite = JSON.stringify(sampleResults()).replace(/"elapsed":[^,]+/, '"elapsed":1e999');
  assertStringIncludes(refusal(infinite), "elapsed is Infinity; it must be a finite number >= 0");
  assertStringIncludes(
    refusal(changed("results.3.seconds.median", "0.1")),
    'results[3].seconds.median is "0.1"; it must be a finite number',
  );
  assertStringIncludes(
    refusal(changed("results.0.roundMedians.2", null)),
    "results[0].roundMedians[2] is null; it must be a finite number >= 0",
  );
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ["date", undefined, "date is missing"],
  ["partial", "no", 'partial is "no"; it must be true or false'],
  ["rounds", 1.5, "rounds is 1.5; it must be a whole number, 0 or more"],
  ["environment", [], "environment is a list; it must be an object"],
  ["environment.load", "busy", 'environment.load is "busy"; it must be a list'],
  ["environment.cpuQuota", -1, "environment.cpuQuota is -1; it must be"],
  ["environment.caches", [{ level: 0 }], "environment.caches[0].level is 0; it must be"],
  ["environment.memory", -1, "environment.memory is -1"],
  ["kernels", {}, "kernels is an object; it must be a list"],
  ["kernels.1.name", "naive", 'kernels[1].name is "naive" a second time'],
  ["kernels.4.unavailable", 3, "kernels[4].unavailable is 3; it must be a text"],
  ["results.0", 7, "results[0] is 7; it must be an object"],
  ["results.0.m", 0, "results[0].m is 0; it must be a whole number, 1 or more"],
  ["results.0.kernel", "unknown", 'results[0].kernel is "unknown", which kernels does not list'],
  ["results.0.peer", true, "results[0].peer is true, but kernels says false"],
  [
    "results.0.pass",
    "back",
    'is "back"; it must be "forward", "forward-unpacked", "backward" or "training"',
  ],
  ["results.0.gflops", null, "results[0].gflops must be null exactly where seconds is null"],
  ["results.0.gflops", 99, "results[0].gflops is 99; 2·m·n·k / seconds.median / 1e9 is"],
  ["results.0.seconds.median", 0, "results[0].seconds.median is 0; it must be a finite number"],
  ["results.0.seconds.low", 1, "it must lie between low, 1, and high"],
  ["results.0.seconds.min", 1, "results[0].seconds.min is 1; the median"],
  ["results.0.seconds.confidence", 95, "confidence is 95; it must be a finite number from 0 to 1"],
  ["results.0.verification.status", "ok", 'it must be "passed", "failed" or "error"'],
  ["results.0.warmup.settled", 1, "results[0].warmup.settled is 1; it must be true or false"],
];

for (const [path, value, message] of wrong) {
  Deno.test(`parseResults() refuses ${JSON.stringify(value)} as ${path}`, () => {
    assertStringIncludes(refusal(changed(path, value)), message);
  });
}

const wrongOfWhole: readonly (readonly [string, unknown, string])[] = [
  ["baseline", "other", 'baseline is "other", which kernels does not list'],
  ["kernels.7.controlOf", "other", 'controlOf is "other", which kernels does not list'],
  ["noise.grade", "good", 'noise.grade is "good"; it must be "quiet", "fair", "noisy"'],
  ["noise.floor", "1", 'noise.floor is "1"; it must be a finite number >= 0'],
  [
    "noise.controls.0.kernel",
    "other",
    'noise.controls[0].kernel is "other", which kernels does not list',
  ],
  ["noise.warnings", "none", 'noise.warnings is "none"; it must be a list'],
  [
    "noise.controls.0.ratios.0",
    "1",
    'noise.controls[0].ratios[0] is "1"; it must be a finite number >= 0',
  ],
  ["noise.referenceLoop.0.seconds", -1, "noise.referenceLoop[0].seconds is -1"],
  ["results.0.measurements.0.round", 0, "results[0].measurements[0].round is 0"],
  ["results.0.measurements.0.pressure", "low", 'results[0].measurements[0].pressure is "low"'],
  ["results.2.flops", 1, "flops / seconds.median / 1e9 is"],
  ["results.4.layers.0.rows", 0, "results[4].layers[0].rows is 0; it must be a whole number, 1 or"],
  ["results.4.layers.0.bias", "no", 'results[4].layers[0].bias is "no"; it must be true or false'],
  ["results.4.layers.0.n", 0, "results[4].layers[0].n is 0; it must be a whole number, 1 or more"],
  ["results.0.memory", null, "results[0].memory is null; it must be a finite number >= 0"],
  ["verdicts.0.baseline", "other", 'verdicts[0].baseline is "other", which kernels does not list'],
  ["verdicts.0.ratio", 99, "verdicts[0].ratio is 99; it must lie between low, 11.8, and high"],
  ["verdicts.0.verdict", "won", 'verdicts[0].verdict is "won"; it must be "faster", "equivalent"'],
  ["published.0.gflops", NaN, "published[0].gflops is null; it must be a finite number >= 0"],
];

for (const [path, value, message] of wrongOfWhole) {
  Deno.test(`parseResults() refuses ${JSON.stringify(value)} as ${path}`, () => {
    assertStringIncludes(refusal(changed(path, value, wholeSample())), message);
  });
}

Deno.test("parseResults() names hostile values in one short line without controls", () => {
  const message = refusal(changed("schema", "a\nb\u202e" + "x".repeat(10_000)));
  assertEquals(message.length < 200, true);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000-\u001f\u202e]/.test(message), false);
});

Deno.test("parseResults() takes a file without ceilings, or with none", () => {
  const { ceilings, ...without } = sampleResults();
  assertEquals(ceilings?.length, 16);
  assertEquals(parseResults(JSON.stringify(without)), without);
  assertEquals(parseResults(JSON.stringify({ ...without, ceilings: [] })).ceilings, []);
});

Deno.test("parseResults() keeps why a ceiling is not known", () => {
  const unknown = "naive did 7 GFLOP/s on jet, more than the 6 that it allows";
  const [first] = parseResults(changed("ceilings.0.unknown", unknown)).ceilings ?? [];
  assertEquals(first?.unknown, unknown);
  assertStringIncludes(refusal(changed("ceilings.0.unknown", 7)), "ceilings[0].unknown is 7");
});

const wrongCeilings: readonly (readonly [path: string, value: unknown, message: string])[] = [
  ["ceilings", null, "ceilings is null; it must be a list"],
  ["ceilings.0", 7, "ceilings[0] is 7; it must be an object"],
  ["ceilings.0.kind", "speed", 'must be "compute" or "bandwidth"'],
  ["ceilings.0.unit", "GB/s", 'ceilings[0].unit is "GB/s"; it must be "GFLOP/s"'],
  ["ceilings.4.unit", "GFLOP/s", 'ceilings[4].unit is "GFLOP/s"; it must be "GB/s"'],
  ["ceilings.0.bytes", 5, "ceilings[0].bytes is 5; it must be null"],
  ["ceilings.4.bytes", null, "ceilings[4].bytes is null; it must be a whole number"],
  ["ceilings.0.threads", 0, "ceilings[0].threads is 0"],
  ["ceilings.0.median", 0, "ceilings[0].median is 0"],
  ["ceilings.0.median", "fast", 'ceilings[0].median is "fast"'],
  ["ceilings.0.low", 1e6, "must ascend"],
  ["ceilings.0.best", 1e-3, "must ascend"],
  ["ceilings.0.samples", [NaN], "ceilings[0].samples[0] is null"],
  ["ceilings.1.id", "js-f64", 'ceilings[1].id is "js-f64" on 1 threads a second time'],
];

for (const [path, value, message] of wrongCeilings) {
  Deno.test(`parseResults() refuses ${path} ${JSON.stringify(value)}`, () => {
    assertStringIncludes(refusal(changed(path, value)), message);
  });
}

Deno.test("parseResults() keeps that caches were cold", () => {
  const sample = sampleResults();
  const results = sample.results.map((one) => ({ ...one, cold: true }));
  const found = parseResults(JSON.stringify({ ...sample, results })).results;
  assertEquals(found.every(({ cold }) => cold), true);
  assertEquals(parseResults(JSON.stringify(sample)).results.some(({ cold }) => cold), false);
});

Deno.test("parseResults() keeps that a layer has no bias, and its rows", () => {
  const sample = sampleResults();
  const [first, ...others] = sample.results;
  const layers: Layer[] = [
    { n: 8, k: 4, activation: "relu", bias: false },
    { n: 2, k: 8, activation: "tanh", rows: 3 },
  ];
  const results = [{ ...first!, layers }, ...others];
  assertEquals(parseResults(JSON.stringify({ ...sample, results })).results[0]?.layers, layers);
});

Deno.test("parseResults() keeps the steps of a network, which are texts", () => {
  const sample = sampleResults();
  const [first, ...others] = sample.results;
  const parsed = (steps: unknown) =>
    parseResults(JSON.stringify({ ...sample, results: [{ ...first!, steps }, ...others] }));
  const steps = ["4 to 8 relu", "prelu", "8 to 2 linear"];
  assertEquals(parsed(steps).results[0]?.steps, steps);
  assertThrows(() => parsed([1]), Error, "results[0].steps");
});

Deno.test("parseResults() keeps the machine's state", () => {
  const sample = sampleResults();
  const environment = {
    ...sample.environment,
    governor: "schedutil",
    hypervisor: "none",
    load: [1, 2, 3],
    cpuQuota: 0.5,
    cpuset: "0-3",
    caches: [{ level: 2, kind: "both", bytes: 2 ** 20, sharedBy: 2 }],
  } as const;
  assertEquals(parseResults(JSON.stringify({ ...sample, environment })).environment, environment);
});
