import { assertEquals } from "@std/assert";
import { cleanVerification } from "./clean.ts";
import { sampleVerification } from "./sample_testing.ts";

Deno.test("cleanVerification() keeps the calls of a long problem, on one line", () => {
  const report = sampleVerification();
  const [kernel] = report.kernels;
  const [check] = kernel!.checks;
  const calls = Array.from({ length: 40 }, (_, i) => `${i}. kernel.matmul(t1, t2, t3)`);
  const failure = { id: "sequences/integers/1", problem: calls.join("\n"), repeat: "again" };
  const cleaned = cleanVerification({
    ...report,
    kernels: [{
      ...kernel!,
      checks: [{ ...check!, failures: [{ ...failure, minimal: null }] }],
    }],
  });
  assertEquals(cleaned.kernels[0]?.checks[0]?.failures[0]?.problem, calls.join(" "));
});
