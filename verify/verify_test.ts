import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { kernelsHere } from "../kernels/kernels_testing.ts";
import { alter, dataOf } from "./mutants/mutant.ts";
import { subjectKernel } from "./mutants/subject.ts";
import { kernelOfProduct } from "./product_kernel.ts";
import { checks, verifyKernel } from "./verify.ts";

for (const name of await kernelsHere()) {
  // `deno task verify` does more, in every run of CI.
  Deno.test(`verifyKernel() passes ${name} in every check, at the least effort, seed 2`, async () => {
    await using kernel = await createKernel(name);
    const { passed, checks: found } = await verifyKernel(kernel, { seed: 2, effort: "smoke" });
    assertEquals(found.map(({ check }) => check), checks.map((check) => check.name));
    for (const { check, cases, failures } of found) {
      assertGreater(cases, 0, check);
      assertEquals([...failures], [], check);
    }
    assert(passed);
  });
}

const only = (...names: string[]) => checks.filter(({ name }) => names.includes(name));

Deno.test("verifyKernel() says which column is wrong, why, and how to repeat it on the smallest shape", async () => {
  await using kernel = subjectKernel({ columnOfB: (j, n) => j === n - 1 && n > 8 ? j - 1 : j });
  const { passed, checks: [report] } = await verifyKernel(kernel, {
    checks: only("exact-forward"),
    seed: 3,
  });
  assertEquals(passed, false);
  const failure = report?.failures.find(({ id }) => id.startsWith("exact-forward/int"));
  assertStringIncludes(failure?.problem ?? "", "the last");
  assertEquals(
    failure?.repeat,
    `verifyKernel(kernel, { case: "${failure?.id}", seed: 3 })`,
  );
  // The first failures are shrunk: nine columns are the fewest in which it shows.
  assertStringIncludes(report?.failures[0]?.minimal?.id ?? "", "/1x9x1/");
});

Deno.test("verifyKernel() counts a check without a case as failed", async () => {
  await using kernel = await createKernel("naive");
  const empty = { name: "empty", description: "", cases: () => [] };
  const { passed, checks: [report] } = await verifyKernel(kernel, { checks: [empty] });
  assertEquals(passed, false);
  assertEquals(report?.failures[0]?.problem, "there was no case to run");
});

Deno.test("verifyKernel() refuses names of checks in place of checks, and an unknown effort", async () => {
  await using kernel = await createKernel("naive");
  for (
    const [options, message] of [
      [{ checks: ["contract"] }, 'not of their names; got "contract"'],
      [{ checks: "contract" }, 'got "contract"'],
      [{ checks: [null] }, "got null"],
      [{ effort: "long" }, 'effort is one of smoke, quick, full; got "long"'],
    ] as const
  ) {
    await assertRejects(
      () => verifyKernel(kernel, options as unknown as { seed: number }),
      ArgumentError,
      message,
    );
  }
});

Deno.test("verifyKernel() takes what a kernel throws for a failure", async () => {
  await using kernel = alter(await createKernel("naive"), () => ({
    sumRows: () => {
      throw new RangeError("out of something");
    },
  }));
  const { checks: [report] } = await verifyKernel(kernel, { checks: only("exact-backward") });
  assertStringIncludes(report?.failures[0]?.problem ?? "", "the kernel threw RangeError");
});

Deno.test("verifyKernel() ends at the first failure where that is asked for, and where a signal stops it", async () => {
  await using kernel = subjectKernel({ columns: () => 0 });
  const first = await verifyKernel(kernel, { checks: only("exact-forward"), firstFailure: true });
  assertEquals(first.checks[0]?.failures.length, 1);
  const stopped = await verifyKernel(kernel, {
    checks: only("exact-forward"),
    signal: AbortSignal.abort(),
  });
  assertEquals(stopped.passed, false);
  assertEquals(stopped.checks[0]?.cases, 0);
});

Deno.test("verifyKernel() covers every class of shapes", async () => {
  await using kernel = await createKernel("wasm-simd");
  const { checks: [report] } = await verifyKernel(kernel, { checks: only("exact-forward") });
  const classes = new Set(report?.coverage.map(({ shapes }) => shapes));
  assertEquals([...classes].toSorted(), ["edge", "empty", "large", "small"]);
});

Deno.test("verifyKernel() counts as indeterminate whether a row depends on its batch where no order is claimed", async () => {
  await using kernel = alter(
    subjectKernel({}, { summation: { order: "unspecified" } }),
    (original) => ({
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        const values = dataOf(y);
        if (values.length > 64) values.forEach((value, i) => values[i] = value * (1 + 2 ** -23));
      },
    }),
  );
  const { passed, checks: [report] } = await verifyKernel(kernel, { checks: only("determinism") });
  assert(passed);
  assertEquals([report?.indeterminate, report?.warnings.length], [1, 0]);
});

Deno.test("verifyKernel() names the claims that fit a better product that claims nothing", async () => {
  const kernel = kernelOfProduct(
    "wide",
    ({ m, n, k }, a, b) =>
      Float32Array.from({ length: m * n }, (_, at) => {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
        return sum;
      }),
  );
  const order = checks.filter(({ name }) => name === "order");
  const { passed, summation, checks: [report] } = await verifyKernel(kernel, { checks: order });
  assertEquals(passed, false);
  const claims = 'accumulator: "float64", summation: { order: "sequential" }';
  assertEquals(summation?.proposal, claims);
  assertEquals(
    report?.failures[0]?.problem,
    "nothing is claimed of accumulator, so that accumulator: float32 is expected; probed: float64; " +
      `what was probed may be claimed: claims = { ${claims} }`,
  );
  const traits = { accumulator: "float64", summation: { order: "sequential" } } as const;
  Object.assign(kernel, { traits: { ...kernel.traits, ...traits } });
  const again = await verifyKernel(kernel, { checks: order });
  assertEquals([again.passed, again.summation?.proposal], [true, undefined]);
});

Deno.test("verifyKernel() calls a claim what was claimed alone, and says how to add to it", async () => {
  const kernel = kernelOfProduct(
    "two",
    ({ m, n, k }, a, b) =>
      Float32Array.from({ length: m * n }, (_, at) => {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!;
        return sum;
      }),
    { fused: "either", accumulator: "float32" },
  );
  const order = checks.filter(({ name }) => name === "order");
  const [report] = (await verifyKernel(kernel, { checks: order })).checks;
  const { problem = "" } = report?.failures[0] ?? {};
  assertStringIncludes(problem, "the claim is accumulator: float32, but it is float64; what was");
  assertStringIncludes(problem, 'claimed: claims = { …, accumulator: "float64"');
  Object.assign(kernel, { traits: { ...kernel.traits } });
  const [own] = (await verifyKernel(kernel, { checks: order })).checks;
  assertStringIncludes(own?.failures[0]?.problem ?? "", "; the probes fit these claims: accum");
});

Deno.test("verifyKernel() repeats one case of a kernel that no command knows, as its failure says", async () => {
  const kernel = kernelOfProduct("mine", ({ m, n, k }) => new Float32Array(m * n).fill(k));
  const { checks: [report] } = await verifyKernel(kernel, {
    checks: checks.filter(({ name }) => name === "exact-forward"),
    effort: "smoke",
    firstFailure: true,
    seed: 3,
  });
  const [failure] = report?.failures ?? [];
  const id = failure?.id ?? "";
  assertEquals(failure?.repeat, `verifyKernel(kernel, { case: "${id}", seed: 3 })`);
  const { passed, checks: found } = await verifyKernel(kernel, { case: id, seed: 3 });
  assert(!passed);
  assertEquals(found.map(({ check, cases }) => [check, cases]), [["exact-forward", 1]]);
  assertEquals(found[0]?.failures[0]?.problem, failure?.problem);
  // A shape that is on no list, as a shrunk case has it; and a case that there is not.
  const other = await verifyKernel(kernel, { case: "exact-forward/int/1x3x517/bias" });
  assertEquals(other.checks[0]?.cases, 1);
  const none = await verifyKernel(kernel, { case: "exact-forward/none" });
  assertEquals(none.checks[0]?.failures[0]?.problem, "there was no case to run");
  await assertRejects(
    () => verifyKernel(kernel, { case: "none/none" }),
    ArgumentError,
    'no check has the case "none/none"; there are contract, memory',
  );
});

/** A tree that contains itself. */
const endless: unknown[] = [0];
endless.push(endless);

for (
  const [what, claims] of Object.entries({
    "without a device": { device: undefined },
    "without a tile": { tile: undefined },
    "with a tree that never ends": { summation: { order: "tree", tree: () => endless } },
    "with a claim that throws": { summation: { order: "blocked", block: () => assert(false) } },
  })
) {
  Deno.test(`verifyKernel() refuses a kernel ${what}, and runs no check of it`, async () => {
    await using naive = await createKernel("naive");
    const kernel = Object.assign(alter(naive, () => ({})), {
      traits: { ...naive.traits, ...claims },
    });
    const found = await verifyKernel(kernel as typeof naive, { effort: "smoke", seed: 4 });
    assertEquals(found.passed, false);
    assertEquals(found.checks.map(({ check }) => check), ["order"]);
    const { id, problem, repeat } = found.checks[0]!.failures[0]!;
    assertEquals([id, found.checks[0]!.failures.length], ["order/claims", 1]);
    assertStringIncludes(problem, "the claims: ");
    assertStringIncludes(repeat, "order/claims");
  });
}
