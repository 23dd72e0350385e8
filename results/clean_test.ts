import { assertEquals, assertNotEquals } from "@std/assert";
import { cleaned, cleanResults } from "./clean.ts";
import { flooding, isClean, withUnknownFields } from "./cleaning_testing.ts";
import { hostileResults, sampleResults, wholeSample } from "./sample_testing.ts";

Deno.test("cleanResults() changes nothing in clean results", () => {
  assertEquals(cleanResults(sampleResults()), sampleResults());
  assertEquals(cleanResults(wholeSample()), wholeSample());
});

Deno.test("cleanResults() cleans every text, also of fields that no schema knows", () => {
  const clean = cleanResults(withUnknownFields(hostileResults()));
  assertEquals(isClean(JSON.stringify(clean)), true);
  // And of every field of the schema, whatever it is.
  const flooded = flooding(wholeSample());
  assertEquals(isClean(JSON.stringify(flooded)), false);
  assertEquals(isClean(JSON.stringify(cleanResults(flooded))), true);
});

Deno.test("cleanResults() keeps different kernels different, however much it cuts", () => {
  const { kernels, results } = cleanResults(hostileResults());
  const names = kernels.map((kernel) => kernel.name);
  assertEquals(new Set(names).size, names.length);
  const [threads, matrix] = [names[3] ?? "", names[5] ?? ""];
  assertEquals(threads.length, 80);
  assertNotEquals(threads, matrix);
  // And results still find their kernels.
  assertEquals(results.filter((result) => result.kernel === matrix).length, 12);
  assertEquals(results.every((result) => names.includes(result.kernel)), true);
});

Deno.test("cleaned() leaves numbers, null and empty texts alone", () => {
  const rules = { lines: [], commands: [], names: {} };
  const value = { number: 1.5, none: null, empty: "", list: [[0, -0], [Infinity]], flag: false };
  assertEquals(cleaned(value, rules), value);
});

Deno.test("cleaned() keeps a line of 400 characters, a command of 2000 and a name of 80", () => {
  const rules = { lines: ["line"], commands: ["command"], names: {} };
  const long = "x".repeat(3000);
  const found = cleaned({ line: long, command: long, other: long, all: [long] }, rules);
  assertEquals([found.line, found.command, found.other, ...found.all].map(({ length }) => length), [
    400,
    2000,
    80,
    80,
  ]);
});

Deno.test("cleaned() renames the keys of a table as the names that they are", () => {
  const rules = { lines: [], commands: [], names: { check: "check" }, tables: { by: "check" } };
  const [one, other] = ["x".repeat(90), "x".repeat(91)] as const;
  const { checks, by } = cleaned({
    checks: [{ check: one }, { check: other }],
    by: { [other]: 2, [one]: 1 },
  }, rules);
  assertEquals(Object.entries(by), [[checks[1]?.check, 2], [checks[0]?.check, 1]]);
});
