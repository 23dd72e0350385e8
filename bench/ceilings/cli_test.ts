import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { UsageError } from "../../common/command.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { formatCeilings, main } from "./cli.ts";

const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--threads", "0"], "--threads must be whole numbers from 1 to 64"],
  [["--threads", "1,x"], 'separated by commas; got "1,x"'],
  [["--threads", "65"], "--threads must be"],
  [["--seconds", "0"], "--seconds must be a whole number from 1 to 600"],
  [["--rounds", "-1"], "--rounds must be a whole number from 1 to 1000"],
  [["--json"], "--json needs a value: --json FILE"],
  [["--speed"], "unknown option --speed"],
  [["all"], 'unexpected argument "all"'],
];

for (const [args, message] of wrong) {
  Deno.test(`ceilings refuses ${args.join(" ")}`, async () => {
    await assertRejects(() => main(args), UsageError, message);
  });
}

Deno.test("formatCeilings() has a line for each ceiling, arithmetic first, and the reasons", () => {
  const { ceilings = [] } = sampleResults();
  const text = stripAnsiCode(
    formatCeilings({ ceilings: ceilings.toReversed(), missing: ["GPU: no adapter"] }),
  );
  const lines = text.split("\n");
  assertEquals(lines.length, 1 + ceilings.length + 1);
  assertStringIncludes(lines[1] ?? "", "wasm-128-fused");
  assertStringIncludes(lines[8] ?? "", "js-f64");
  assertStringIncludes(lines[9] ?? "", "read-4");
  assertStringIncludes(lines[8] ?? "", "6.70 to 6.90  6.92");
  assertEquals(lines.at(-1), "Warning: a ceiling was not measured, GPU: no adapter.");
});
