import { assertEquals } from "@std/assert";
import { type KernelOutcome, type Outcome, problemsOf } from "./outcome.ts";

const ran = (change: Partial<Extract<KernelOutcome, { ran: true }>> = {}): KernelOutcome => ({
  ran: true,
  fused: "true",
  threads: 3,
  exact: "aa",
  real: "bb",
  first: 1,
  ...change,
});

const outcome = (kernels: Outcome["kernels"], byDefault = "native"): Outcome => ({
  version: "1",
  simd: true,
  byDefault,
  kernels,
});
const reference = outcome({ naive: ran(), "wasm-threads": ran() });
const all = { kernels: ["naive", "wasm-threads"] };

Deno.test("problemsOf() finds nothing where every kernel ran with the reference's bits", () => {
  assertEquals(problemsOf(reference, all, [reference]), []);
});

Deno.test("problemsOf() tells a kernel that did not run, has one thread, or other bits", () => {
  const found = outcome({
    naive: { ran: false, reason: "no luck" },
    "wasm-threads": ran({ threads: 1, exact: "ab" }),
  });
  assertEquals(problemsOf(found, all, [reference]), [
    "naive did not run: no luck",
    "wasm-threads has one thread",
    "wasm-threads has other bits on exact numbers than the reference",
  ]);
  assertEquals(problemsOf(outcome({}), { kernels: ["naive"] }, []), [
    "naive did not run: there is none",
  ]);
});

Deno.test("problemsOf() compares random numbers with what rounds alike, and whole ones with all", () => {
  const other = outcome({ naive: ran({ fused: "false", real: "cc" }) });
  assertEquals(problemsOf(other, { kernels: ["naive"] }, [reference]), []);
  const third = outcome({ naive: ran({ fused: "false", real: "dd" }) });
  assertEquals(problemsOf(third, { kernels: ["naive"] }, [reference, other]), [
    "naive has other bits on real numbers than the reference",
  ]);
  const wrong = outcome({ naive: ran({ fused: "false", exact: "ab" }) });
  assertEquals(problemsOf(wrong, { kernels: ["naive"] }, [reference]).length, 1);
});

Deno.test("problemsOf() wants a refusal, and its reason", () => {
  const refused = { naive: "worker-src" };
  const expected = { kernels: [], refused };
  const silent = outcome({ naive: { ran: false, reason: "no" } });
  const clear = outcome({ naive: { ran: false, reason: "add blob: to its worker-src" } });
  assertEquals(problemsOf(clear, expected, []), []);
  assertEquals(problemsOf(silent, expected, []).length, 1);
  assertEquals(problemsOf(reference, expected, []).length, 1);
});

Deno.test("problemsOf() wants createKernel() to take the fastest kernel that ran", () => {
  const all = { kernels: [] };
  const kernels = { "wasm-simd": ran(), naive: ran(), blocked: ran() };
  for (const name of ["wasm-simd", "native", "webgpu"]) {
    assertEquals(problemsOf(outcome(kernels, name), all, []), []);
  }
  for (const name of ["blocked", "wasm-threads", "nothing: no luck"]) {
    assertEquals(problemsOf(outcome(kernels, name), all, []), [`createKernel() takes ${name}`]);
  }
});
