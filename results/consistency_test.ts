import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { isMoment } from "./consistency.ts";
import { ResultFileError } from "./fields.ts";
import { wholeSample } from "./sample_testing.ts";
import type { Result, Results } from "./schema.ts";
import { parseResults } from "./validate.ts";
import { sampleVerification } from "./verification/sample_testing.ts";
import { readVerification } from "./verification/validate.ts";

/** The message with which a file is refused: one short line. */
function refusal(results: Results): string {
  const { message } = assertThrows(() => parseResults(JSON.stringify(results)), ResultFileError);
  assertMatch(message, /^Cannot read the results: [^\n]{1,320}\.$/);
  return message;
}

const whole = wholeSample();

/** The whole sample with its first result changed. */
function withFirst(change: (first: Result) => Partial<Result>): Results {
  const [first, ...others] = whole.results;
  if (first === undefined) throw new Error("the sample has no result");
  return { ...whole, results: [{ ...first, ...change(first) }, ...others] };
}

/** The times of a result, which it has. */
function timesOf({ seconds }: Result) {
  if (seconds === null) throw new Error("the result has no time");
  return seconds;
}

Deno.test("isMoment() knows the calendar", () => {
  for (
    const text of [
      "2026-03-01T09:30:12.000Z",
      "2024-02-29T23:59:59Z",
      "2000-02-29T00:00:00.123456789Z",
      new Date().toISOString(),
    ]
  ) assertEquals(isMoment(text), true, text);
  for (
    const text of [
      "",
      "now",
      "2026-02-31T09:30:12.000Z",
      "2026-02-29T09:30:12.000Z",
      "1900-02-29T09:30:12.000Z",
      "2026-13-01T09:30:12.000Z",
      "2026-00-01T09:30:12.000Z",
      "2026-04-31T09:30:12.000Z",
      "2026-03-01T24:00:00.000Z",
      "2026-03-01T25:30:12.000Z",
      "2026-03-01T09:60:12.000Z",
      "2026-03-01T09:30:60.000Z",
      "99999-03-01T09:30:12.000Z",
      "+099999-03-01T09:30:12.000Z",
      "2026-03-01",
      "2026-03-01T09:30:12.000",
      "2026-03-01T09:30:12.000+01:00",
      "2026-03-01T09:30:12.000Z\n",
      " 2026-03-01T09:30:12.000Z",
    ]
  ) assertEquals(isMoment(text), false, text);
});

Deno.test("a date that is not in the calendar is refused, of the bench and of the verifier", () => {
  for (const date of ["2026-02-31T09:30:12.000Z", "99999-01-01T00:00:00.000Z", "yesterday"]) {
    assertStringIncludes(refusal({ ...whole, date }), `date is "${date}"; it must be a time of`);
    const text = JSON.stringify({ ...sampleVerification(), date });
    assertThrows(() => readVerification(text), ResultFileError, `date is "${date}"`);
  }
});

Deno.test("a result, a verdict or a control that is there twice is refused", () => {
  const [first] = whole.results;
  if (first === undefined) throw new Error("the sample has no result");
  assertStringIncludes(
    refusal({ ...whole, results: [...whole.results, first] }),
    `results[${whole.results.length}] is ${JSON.stringify(first.kernel)} on`,
  );
  // Also where the two say different things.
  const other = { ...first, description: "other" };
  assertStringIncludes(
    refusal({ ...whole, results: [first, other, ...whole.results.slice(1)] }),
    "results[1] is",
  );
  const verdicts = whole.verdicts ?? [];
  assertStringIncludes(
    refusal({ ...whole, verdicts: [...verdicts, ...verdicts.slice(0, 1)] }),
    "again, as verdicts[0]; each may be there once",
  );
  const { noise } = whole;
  if (noise === undefined) throw new Error("the sample has no noise");
  const controls = [...noise.controls, ...noise.controls];
  assertStringIncludes(
    refusal({ ...whole, noise: { ...noise, controls } }),
    "noise.controls[1] is",
  );
});

Deno.test("one workload with two shapes is refused", () => {
  assertStringIncludes(
    refusal(
      withFirst(({ m }) => ({ m: m + 1, flops: 1, seconds: null, gflops: null, roundMedians: [] })),
    ),
    "before it had",
  );
});

const contradictions: readonly (readonly [string, (first: Result) => Partial<Result>, string])[] = [
  [
    "a median that is another",
    (first) => {
      const seconds = { ...timesOf(first), median: timesOf(first).median * 1.01 };
      seconds.high = Math.max(seconds.high, seconds.median);
      return { seconds, gflops: (first.gflops ?? NaN) / 1.01 };
    },
    "results[0].seconds.median is",
  ],
  [
    "a least time that was not measured",
    (first) => ({ seconds: { ...timesOf(first), min: timesOf(first).min / 2 } }),
    "results[0].seconds.min is",
  ],
  [
    "an interval that reaches below every round",
    (first) => ({ seconds: { ...timesOf(first), low: timesOf(first).min / 2 } }),
    "results[0].seconds.low is",
  ],
  [
    "an interval that reaches above every round",
    (first) => ({ seconds: { ...timesOf(first), high: timesOf(first).high * 2 } }),
    "results[0].seconds.high is",
  ],
  ["a time without rounds", () => ({ roundMedians: [] }), "roundMedians is empty, but"],
  [
    "rounds without a time",
    () => ({ seconds: null, gflops: null }),
    "roundMedians must be empty where seconds is null",
  ],
  [
    "a measurement too many",
    ({ measurements = [] }) => ({ measurements: [...measurements, ...measurements.slice(-1)] }),
    "12, but 13 measurements count",
  ],
  [
    "samples of other times",
    ({ measurements = [] }) => ({
      measurements: measurements.map((one, i) =>
        i === 2 ? { ...one, samples: one.samples.map((time) => 3 * time) } : one
      ),
    }),
    "where the samples of the measurements give",
  ],
  [
    "a measurement without samples",
    ({ measurements = [] }) => ({
      measurements: measurements.map((one) => ({ ...one, samples: [] })),
    }),
    "results[0].measurements[0].samples is empty",
  ],
];

for (const [what, change, message] of contradictions) {
  Deno.test(`parseResults() refuses ${what}`, () => {
    assertStringIncludes(refusal(withFirst(change)), message);
  });
}

Deno.test("parseResults() takes numbers that were rounded to five digits", () => {
  const short = (value: number) => Number(value.toPrecision(5));
  const rounded: Results = JSON.parse(
    JSON.stringify(whole),
    (_, value: unknown) =>
      typeof value === "number" && !Number.isInteger(value) ? short(value) : value,
  );
  assertEquals(parseResults(JSON.stringify(rounded)).results.length, whole.results.length);
});
