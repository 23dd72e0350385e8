import { assertEquals, assertStringIncludes } from "@std/assert";
import { inFolder } from "../common/deno_testing.ts";
import { readEnvironment } from "../results/environment.ts";
import type { KernelVerification, VerificationReport } from "../results/verification/schema.ts";
import { sampleVerification } from "../results/verification/sample_testing.ts";
import { buildHash } from "../verify/build.ts";
import type { VerificationPlan } from "../verify/run.ts";
import { checks } from "../verify/verify.ts";
import { proveKernels, refusalOf } from "./proof.ts";

const environment = await readEnvironment();
const build = await buildHash(environment, "plain");

/** A kernel's report with all checks, and one failure where `broken`. */
function verified(kernel: string, broken = false): KernelVerification {
  const [sample] = sampleVerification().kernels;
  const failure = {
    id: "order/x",
    problem: "wrong",
    repeat: "deno task verify --case x",
    minimal: null,
  };
  return {
    ...sample!,
    kernel,
    passed: !broken,
    checks: checks.map(({ name, description }) => ({
      check: name,
      description,
      cases: 1,
      indeterminate: 0,
      worst: 0,
      worstCase: null,
      failures: broken && name === "order" ? [failure] : [],
      warnings: [],
      coverage: [],
    })),
  };
}

/** Nothing in these tests may fail to be written. */
const onWarning = (warning: string) => {
  throw new Error(warning);
};

/** A stand-in for the verifier that remembers what it was asked. */
function verifier(
  asked: string[][],
  change: Partial<VerificationReport> = {},
  broken: string[] = [],
) {
  return (plan: VerificationPlan): Promise<VerificationReport> => {
    asked.push([...plan.kernels]);
    const kernels = plan.kernels.map((name) => verified(name, broken.includes(name)));
    return Promise.resolve({
      ...sampleVerification(),
      exitCode: kernels.every(({ passed }) => passed) ? 0 : 1,
      self: null,
      build,
      kernels,
      groups: [],
      skipped: [],
      ...change,
    });
  };
}

Deno.test("proveKernels() verifies what this build has not proven, once", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const prove = (kernels: ("naive" | "blocked")[], engine = "plain") =>
      proveKernels(kernels, environment, engine, { folder, verify: verifier(asked), onWarning });
    assertEquals((await prove(["naive"])).map(({ refusal }) => refusal), [null]);
    assertEquals((await prove(["naive", "blocked"])).map(({ refusal }) => refusal), [null, null]);
    await prove(["naive", "blocked"]);
    assertEquals(asked, [["naive"], ["blocked"]]);
    // Another engine is another build.
    await prove(["naive"], "--other");
    assertEquals(asked.length, 3);
  }));

Deno.test("proveKernels() refuses a kernel that failed, also when it remembers", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const verify = verifier(asked, {}, ["blocked"]);
    for (let time = 0; time < 2; time++) {
      const proofs = await proveKernels(["naive", "blocked"], environment, "plain", {
        folder,
        verify,
        onWarning,
      });
      assertEquals(proofs[0]?.refusal, null);
      assertStringIncludes(
        proofs[1]?.refusal ?? "",
        "the verifier rejects it: order; first order/x: wrong",
      );
    }
    assertEquals(asked.length, 1);
  }));

Deno.test("proveKernels() believes no file of another build, a broken one, or one of some checks", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const file = `${folder}/verify.json`;
    const prove = () =>
      proveKernels(["naive"], environment, "plain", { folder, verify: verifier(asked), onWarning });
    const whole = verified("naive");
    const some = { ...whole, checks: whole.checks.slice(1) };
    const good = { ...sampleVerification(), build, groups: [], kernels: [whole] };
    // The file is believed, and so what is wrong with the others is what is said here.
    await Deno.writeTextFile(file, JSON.stringify(good));
    await prove();
    assertEquals(asked, []);
    const contents = [
      "{",
      JSON.stringify({ ...good, build: "0".repeat(64) }),
      JSON.stringify({ ...good, kernels: [some] }),
    ];
    for (const [i, content] of contents.entries()) {
      await Deno.writeTextFile(file, content);
      await prove();
      assertEquals(asked.length, i + 1, content.slice(0, 40));
    }
  }));

Deno.test("proveKernels() publishes nothing where the verifier fails its own test", () =>
  inFolder(async (folder) => {
    const verify = verifier([], { exitCode: 4 });
    const [proof] = await proveKernels(["naive"], environment, "plain", { folder, verify });
    assertStringIncludes(proof?.refusal ?? "", "failed its own test");
  }));

Deno.test("proveKernels() has nothing against a kernel that the machine lacks", () =>
  inFolder(async (folder) => {
    const skipped = [{ kernel: "naive", reason: "none", required: false }];
    const verify = verifier([], { kernels: [], skipped });
    const [proof] = await proveKernels(["naive"], environment, "plain", { folder, verify });
    assertEquals(proof?.refusal, null);
  }));

Deno.test("refusalOf() refuses what was not verified, or not to the end", () => {
  assertEquals(refusalOf(undefined), "it was not verified");
  assertEquals(
    refusalOf({ ...verified("naive"), passed: false }),
    "it was not verified to the end",
  );
  assertEquals(refusalOf(verified("naive")), null);
});
