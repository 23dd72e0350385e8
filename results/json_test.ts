import { assertEquals, assertStringIncludes } from "@std/assert";
import { toJson } from "./json.ts";
import { sampleVerification } from "./verification/sample_testing.ts";

Deno.test("toJson() writes what JSON.stringify does, with numbers and trees on one line", () => {
  const report = sampleVerification();
  const text = toJson(report);
  assertEquals(JSON.parse(text), JSON.parse(JSON.stringify(report)));
  assertStringIncludes(text, '\n  "mode": "full",\n');
  assertStringIncludes(text, '"tree": [[[[[[[[[[[[[[[[0,1],2],3],4],');
  // A profile is one line of 512 numbers.
  assertEquals(text.match(/"profile": \[[^\n]*\]/g)?.length, 65);
});

Deno.test("toJson() writes infinity as a number that is read as it", () => {
  const text = toJson({ ulp: Infinity, at: -Infinity });
  assertEquals(JSON.parse(text), { ulp: Infinity, at: -Infinity });
});
