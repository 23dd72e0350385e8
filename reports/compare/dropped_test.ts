import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ResultFileError } from "../../results/fields.ts";
import { toJson } from "../../results/json.ts";
import { hostile, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { sampleVerification } from "../../results/verification/sample_testing.ts";
import { compareFile, type FileLike, mostBytes } from "./dropped.ts";
import { headlineOf } from "./findings.ts";
import { timesScaled } from "./pairs_testing.ts";

const old = { letter: "A", results: sampleResults() };
const compare = (file: FileLike) => compareFile(file, { id: "compare-1", old, letter: "B" });
const file = (text: string | Uint8Array<ArrayBuffer>, name = "results.json") =>
  new File([text], name);
const json = toJson(sampleResults());

/** The sample with one edit of its JSON. */
function edited(edit: (run: Record<string, unknown>) => void): string {
  const run = JSON.parse(json);
  edit(run);
  return JSON.stringify(run);
}

const firstResult = (run: Record<string, unknown>) =>
  (run["results"] as Record<string, unknown>[])[0]!;

Deno.test("compareFile() compares a result file, also of an older schema or in UTF-16", async () => {
  const now = timesScaled(sampleResults(), ({ kernel }) => kernel === "naive" ? 0.5 : 1);
  const { now: { letter }, ...pair } = await compare(file(toJson(now)));
  assertEquals(letter, "B");
  assertMatch(
    headlineOf({ now: { letter, results: now }, ...pair }),
    /^naive is 2\.00x as fast in B/,
  );
  const bytes = new Uint8Array(2 * json.length + 2);
  bytes.set([0xff, 0xfe]);
  for (let i = 0; i < json.length; i++) bytes[2 * i + 2] = json.charCodeAt(i);
  assert((await compare(file(bytes))).comparison.cells.length > 50);
});

/** Odd and hostile files by what they are, and what the line must say. */
const refused: readonly (readonly [string, () => FileLike, RegExp])[] = [
  ["empty", () => file(""), /is not JSON/],
  ["truncated", () => file(json.slice(0, json.length >> 1)), /is not JSON/],
  ["no JSON", () => file("<!doctype html>"), /is not JSON/],
  ["no object", () => file("[]"), /must be an object|object/],
  ["null", () => file("null"), /object/],
  ["bytes of no text", () => file(new Uint8Array([0x7b, 0xff, 0xfe, 0x80])), /it is no text/],
  ["of another schema", () => file('{"schema":"densemark-results/9"}'), /this version reads/],
  ["of the verifier", () => file(toJson(sampleVerification())), /densemark-verification/],
  ["__proto__ alone", () => file('{"__proto__":{"schema":"densemark-results/4"}}'), /schema/],
  [
    "NaN in a time",
    () => file(json.replace(/"median":\s*[\d.e-]+/, '"median":NaN')),
    /is not JSON/,
  ],
  [
    "a negative time",
    () =>
      file(edited((run) => {
        (firstResult(run)["seconds"] as Record<string, number>)["median"] = -1;
      })),
    /results\[0\]\.seconds\.median/,
  ],
  [
    "a time as text",
    () =>
      file(edited((run) => {
        (firstResult(run)["seconds"] as Record<string, unknown>)["median"] = "1e-3";
      })),
    /results\[0\]\.seconds\.median/,
  ],
  [
    "infinite numbers",
    () => file(json.replace(/"median":\s*[\d.e-]+/, '"median":1e999')),
    /median/,
  ],
  [
    "a kernel that is not listed",
    () => file(edited((run) => firstResult(run)["kernel"] = hostile.markup)),
    /which kernels does not list/,
  ],
  ["deeply nested", () => file("[".repeat(1e6)), /is not JSON/],
  [
    "of 50 MB",
    () => ({
      name: "big.json",
      size: 50e6,
      arrayBuffer: () => Promise.reject(new Error("it was read")),
    }),
    /^"big.json": it has 47.7 MiB; a page reads at most 32 MiB/,
  ],
  [
    "a folder",
    () => ({
      name: "run",
      size: 4096,
      arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")),
    }),
    /^"run": it cannot be read; a folder must be given by the results.json in it/,
  ],
];

for (const [what, make, message] of refused) {
  Deno.test(`compareFile() refuses a file that is ${what}, in one line with its name`, async () => {
    const error = await assertRejects(() => compare(make()), ResultFileError);
    assertMatch(error.message, message);
    assertMatch(error.message, /^"[^"]+": .+$/);
    assert(error.message.length < 500, error.message);
    assertEquals(({} as Record<string, unknown>)["schema"], undefined);
  });
}

Deno.test("compareFile() cleans hostile texts, and the name in its errors", async () => {
  const { now } = await compare(
    file(toJson({ ...hostileResults(), date: sampleResults().date }), hostile.markup),
  );
  const texts: string[] = [];
  JSON.stringify(now.results, (_, value) => {
    if (typeof value === "string") texts.push(value);
    return value;
  });
  // deno-lint-ignore no-control-regex
  assertEquals(texts.some((text) => /[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(text)), false);
  const error = await assertRejects(
    () => compare(file("x", `${hostile.reordered}\n${hostile.long}`)),
    ResultFileError,
  );
  assert(error.message.length < 300);
  assertEquals(/[\n\u202e]/.test(error.message), false);
});

Deno.test("compareFile() takes a field __proto__ for no field, and pollutes nothing", async () => {
  const text = json.replace("{", '{"__proto__":{"polluted":1},"constructor":{"prototype":{}},');
  const { comparison } = await compare(file(text));
  assert(comparison.cells.length > 50);
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("compareFile() finds a cell that stands twice in a file, and stays quick with many results", async () => {
  const sample = sampleResults();
  const twice: Results = {
    ...sample,
    kernels: sample.kernels.flatMap((one) =>
      one.name === "naive" ? [one, { ...one, name: "naive again", base: "naive" }] : one
    ),
    results: sample.results.flatMap((one) =>
      one.kernel === "naive" ? [one, { ...one, kernel: "naive again" }] : one
    ),
  };
  const error = await assertRejects(() => compare(file(toJson(twice))), ResultFileError);
  assertMatch(error.message, /^"results.json": .*is a second result of "naive"/);
  const [result] = sample.results;
  assert(result);
  const many = {
    ...sample,
    results: Array.from({ length: 5000 }, (_, i) => ({ ...result, workload: `w${i}` })),
  };
  const { comparison } = await compare(file(toJson(many)));
  assertEquals(comparison.onlyNew.length, 5000);
});

Deno.test("the limit of a page is below that of the commands", () => {
  assert(mostBytes <= 64 * 2 ** 20);
});
