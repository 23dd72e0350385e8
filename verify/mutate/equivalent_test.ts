import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { instructionsOf } from "../mutants/wasm_code.ts";
import { contextOfInstruction, contextOfLine } from "./context.ts";
import { neverReached, parseEquivalences, readEquivalences, reasonFor } from "./equivalent.ts";
import { madeSurvivor } from "./mutate_testing.ts";
import { namedModule } from "./named_module_testing.ts";
import { moduleMutations } from "./population.ts";
import { wasmOperators } from "./wasm_operators.ts";

const list = (...equivalent: object[]) => parseEquivalences(JSON.stringify({ equivalent }));

Deno.test("reasonFor() finds a reason by file, operator and text, between the same lines", () => {
  const context = ["for (;;) {", "}"];
  const reasons = list({
    file: "kernels/naive.ts",
    place: "a < b;",
    operator: "replace operator",
    context,
    reason: "one",
  });
  const own = madeSurvivor("1", { place: "a < b;", context });
  assertEquals(reasonFor(own, reasons), "one");
  const elsewhere = { ...own, line: 1000 };
  assertEquals(reasonFor(elsewhere, reasons), "one");
  assertEquals(reasonFor({ ...own, operator: "change constant" }, reasons), null);
  assertEquals(reasonFor({ ...own, place: "a < c;" }, reasons), null);
  assertEquals(reasonFor({ ...own, context: ["for (;;) {", "b++;"] }, reasons), null);
  assertEquals(reasonFor({ ...own, context: ["if (x) {", "}"] }, reasons), null);
  const { context: _, ...old } = own;
  assertEquals(reasonFor(old, reasons), null);
});

Deno.test("reasonFor() excuses one instruction, and not the same bytes elsewhere", async () => {
  const file = "finish gelu_tanh false true false";
  const bytes = namedModule(file);
  const all = moduleMutations("wasm-simd", file, bytes, { operators: wasmOperators });
  const same = all.filter(({ place, becomes }) => place === "20 08" && becomes === "20 07");
  assertEquals(same.length, 10);
  const contexts = await Promise.all(same.map(({ line }) => contextOfInstruction(bytes, line)));
  const survivors = same.map((one, i) => madeSurvivor("1", { ...one, context: contexts[i]! }));
  const [place, becomes, reason] = ["20 08", "20 07", "one"];
  for (const [i, context] of contexts.entries()) {
    const found = survivors.map((one) =>
      reasonFor(one, list({ file, place, becomes, context, reason }))
    );
    assertEquals(found, survivors.map((_, j) => i === j ? "one" : null));
  }
  // Nor the same place of a function that is another.
  const other = namedModule("finish gelu_tanh true true false");
  const line = same[0]!.line;
  assert((await contextOfInstruction(other, line)).join() !== contexts[0]!.join());
});

Deno.test("reasonFor() takes a line of WGSL wherever it stands", () => {
  const reasons = list({ file: "wgsl", place: "a += b;", becomes: "", reason: "one" });
  const own = madeSurvivor("1", { kind: "wgsl", file: "x", place: "a += b;", becomes: "" });
  assertEquals(reasonFor({ ...own, context: [] }, reasons), "one");
});

Deno.test("reasonFor() excuses a file without a place only where no case reaches the code", () => {
  const file = "kernels/naive.ts";
  const reasons = list({ file, kernel: "naive", place: null, reason: "one" });
  const own = madeSurvivor("1", { file, context: ["a", "b"], detail: neverReached });
  assertEquals(reasonFor(own, reasons), "one");
  assertEquals(reasonFor({ ...own, detail: "" }, reasons), null);
  assertEquals(reasonFor({ ...own, kernel: "blocked" }, reasons), null);
  assertEquals(reasonFor({ ...own, file: "kernels/heap.ts" }, reasons), null);
});

Deno.test("parseEquivalences() refuses a reason that has no place", () => {
  for (const file of ["kernels/naive.ts", "tile"]) {
    assertThrows(() => list({ file, place: "20 01", reason: "two" }), UsageError, "context");
  }
});

Deno.test("each reason that is kept is of one place that the code has", async () => {
  for (const one of await readEquivalences()) {
    const { file, place, reason, context } = one;
    assert(reason.length > 20, `${file}: ${place} has a reason`);
    if (place === null) {
      assert(await Deno.stat(new URL(`../../${file}`, import.meta.url)), file);
      continue;
    }
    const found: (readonly string[])[] = [];
    if (file.endsWith(".ts")) {
      const text = await Deno.readTextFile(new URL(`../../${file}`, import.meta.url));
      for (const [i, line] of text.split("\n").entries()) {
        if (line.trim() === place) found.push(contextOfLine(text, i + 1));
      }
    } else {
      const bytes = namedModule(file);
      for (const [i, { start, end }] of instructionsOf(bytes).entries()) {
        const code = [...bytes.slice(start, end)].map((byte) => byte.toString(16).padStart(2, "0"));
        if (code.join(" ") === place) found.push(await contextOfInstruction(bytes, i));
      }
    }
    const own = found.filter((each) => each.join("\n") === context.join("\n"));
    assertEquals(own.length, 1, `${file}: ${place} between ${context.join(" and ")}`);
  }
});
