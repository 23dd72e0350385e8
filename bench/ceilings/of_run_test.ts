import { assertEquals } from "@std/assert";
import type { Ceiling } from "../../results/schema.ts";
import { warnOfUnknown } from "./of_run.ts";

const ceiling = (id: string, unknown?: string): Ceiling => ({
  id,
  kind: "compute",
  what: id,
  threads: 2,
  bytes: null,
  unit: "GFLOP/s",
  median: 1,
  low: 1,
  high: 1,
  best: 1,
  confidence: 0.95,
  samples: [1],
  ...(unknown !== undefined && { unknown }),
});

Deno.test("warnOfUnknown() warns once, of the first ceiling that is not known, and counts the others", () => {
  const warnings = (...ceilings: Ceiling[]) => {
    const texts: string[] = [];
    warnOfUnknown(ceilings, (text) => texts.push(text));
    return texts;
  };
  const remedy = ". Consider running again while the machine does nothing else";
  const known = ceiling("a");
  const [b, c, d] = [ceiling("b", "it is low"), ceiling("c", "it too"), ceiling("d", "and it")];
  assertEquals(warnings(known), []);
  assertEquals(warnings(known, b), [`the ceiling b on 2 threads is not known: it is low${remedy}`]);
  assertEquals(warnings(b, known, c), [
    `the ceiling b on 2 threads is not known: it is low; nor is 1 more, which the report names${remedy}`,
  ]);
  assertEquals(warnings(b, c, d)[0]?.includes("; nor are 2 more,"), true);
});
