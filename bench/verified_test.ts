import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { readEnvironment } from "../results/environment.ts";
import type { KernelVerification, VerificationReport } from "../results/verification/schema.ts";
import { sampleVerification } from "../results/verification/sample_testing.ts";
import { buildHash } from "../verify/build.ts";
import { hashOfModule } from "../verify/foreign/code.ts";
import { nameOfKernel } from "../verify/repeat_command.ts";
import { folderOf, type VerificationPlan } from "../verify/run.ts";
import { checks } from "../verify/verify.ts";
import { findRefusals, refusalOf, type Refusals } from "./verified.ts";

const environment = await readEnvironment();
const build = await buildHash(environment, "plain");

/** A kernel's report with all checks, and a failure if `broken`. */
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

const none: Refusals = new Map();

/** Nothing in these tests may fail to be written. */
const onWarning = (warning: string) => {
  throw new Error(warning);
};

/** In place of the verifier: notes the kernels that it was asked to verify. */
function verifier(
  asked: string[][],
  change: Partial<VerificationReport> = {},
  broken: string[] = [],
) {
  return (plan: VerificationPlan): Promise<VerificationReport> => {
    asked.push(plan.kernels.map(nameOfKernel));
    const kernels = plan.kernels.map(nameOfKernel).map((name) =>
      verified(name, broken.includes(name))
    );
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

Deno.test("findRefusals() verifies what this build has not verified, once", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const find = (kernels: ("naive" | "blocked")[], engine = "plain") =>
      findRefusals(kernels, environment, engine, { folder, verify: verifier(asked), onWarning });
    assertEquals(await find(["naive"]), none);
    assertEquals(await find(["naive", "blocked"]), none);
    await find(["naive", "blocked"]);
    assertEquals(asked, [["naive"], ["blocked"]]);
    // Another engine is another build.
    await find(["naive"], "--other");
    assertEquals(asked.length, 3);
  }));

Deno.test("findRefusals() takes what another folder has, and writes into its own alone", () =>
  inFolder((other) =>
    inFolder(async (folder) => {
      const asked: string[][] = [];
      const options = { verify: verifier(asked, {}, ["blocked"]), onWarning };
      const find = (kernels: ("naive" | "blocked" | "wasm-simd")[], more: { folder: string }) =>
        findRefusals(kernels, environment, "plain", { ...options, others: [other], ...more });
      await find(["naive", "blocked"], { folder: other });
      assertEquals(asked, [["naive", "blocked"]]);
      // Found elsewhere, nothing is written here; a refusal holds too.
      assertEquals([...(await find(["naive", "blocked"], { folder })).keys()], ["blocked"]);
      assertEquals([asked.length, namesIn(folder)], [1, []]);
      await find(["naive", "wasm-simd"], { folder });
      await find(["naive", "wasm-simd"], { folder });
      assertEquals(asked.slice(1), [["wasm-simd"]]);
      assertEquals(namesIn(folder), ["verify.json", "verify.junit.xml"]);
    })
  ));

Deno.test("folderOf() is inside the folder of runs, one for each engine", () => {
  assertEquals(folderOf("plain"), "runs/verification-plain");
  assertEquals(folderOf("--x"), "runs/verification");
  assertEquals(folderOf("plain", "/tmp/a/"), join("/tmp/a", "verification-plain"));
});

Deno.test("findRefusals() refuses a kernel that failed, also from the file", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const verify = verifier(asked, {}, ["blocked"]);
    for (let time = 0; time < 2; time++) {
      const refusals = await findRefusals(["naive", "blocked"], environment, "plain", {
        folder,
        verify,
        onWarning,
      });
      assertEquals([...refusals.keys()], ["blocked"]);
      assertStringIncludes(
        refusals.get("blocked") ?? "",
        "the verifier rejects it: order; first order/x: wrong",
      );
    }
    assertEquals(asked.length, 1);
  }));

Deno.test("findRefusals() ignores a file of another build, a broken one, and one of some checks", () =>
  inFolder(async (folder) => {
    const asked: string[][] = [];
    const file = `${folder}/verify.json`;
    const find = () =>
      findRefusals(["naive"], environment, "plain", { folder, verify: verifier(asked), onWarning });
    const whole = verified("naive");
    const some = { ...whole, checks: whole.checks.slice(1) };
    const good = { ...sampleVerification(), build, groups: [], kernels: [whole] };
    // This file counts, so that the others are ignored for what is wrong with them here.
    await Deno.writeTextFile(file, JSON.stringify(good));
    await find();
    assertEquals(asked, []);
    const contents = [
      "{",
      JSON.stringify({ ...good, build: "0".repeat(64) }),
      JSON.stringify({ ...good, kernels: [some] }),
    ];
    for (const [i, content] of contents.entries()) {
      await Deno.writeTextFile(file, content);
      await find();
      assertEquals(asked.length, i + 1, content.slice(0, 40));
    }
  }));

Deno.test("findRefusals() refuses all where the verifier fails its own test", () =>
  inFolder(async (folder) => {
    const verify = verifier([], { exitCode: 4 });
    const refusals = await findRefusals(["naive"], environment, "plain", { folder, verify });
    assertStringIncludes(refusals.get("naive") ?? "", "failed its own test");
  }));

Deno.test("findRefusals() does not refuse a kernel that the machine lacks", () =>
  inFolder(async (folder) => {
    const skipped = [{ kernel: "naive", reason: "none", required: false }];
    const verify = verifier([], { kernels: [], skipped });
    assertEquals(await findRefusals(["naive"], environment, "plain", { folder, verify }), none);
  }));

Deno.test("refusalOf() refuses what was not verified, or not to the end", () => {
  assertEquals(refusalOf(undefined), "it was not verified");
  assertEquals(
    refusalOf({ ...verified("naive"), passed: false }),
    "it was not verified to the end",
  );
  assertEquals(refusalOf(verified("naive")), null);
});

Deno.test("findRefusals() has only the checks run that are needed and missing, and keeps those of before", () =>
  inFolder(async (folder) => {
    const asked: [readonly string[], readonly string[]][] = [];
    const verify = (plan: VerificationPlan) => {
      asked.push([plan.kernels.map(nameOfKernel), plan.checks]);
      const kernels = plan.kernels.map((name) => {
        const whole = verified(nameOfKernel(name));
        return {
          ...whole,
          checks: whole.checks.filter(({ check }) => plan.checks.includes(check)),
        };
      });
      const report = { ...sampleVerification(), exitCode: 0, self: null, build, kernels };
      return Promise.resolve({ ...report, groups: [], skipped: [] });
    };
    const find = (kernels: ("naive" | "blocked")[], needed?: string[]) =>
      findRefusals(kernels, environment, "plain", {
        folder,
        verify,
        onWarning,
        ...(needed && { needed }),
      });
    assertEquals(await find(["naive"], ["memory"]), none);
    assertEquals(await find(["naive", "blocked"], ["memory", "exact-backward"]), none);
    assertEquals(await find(["naive", "blocked"], ["exact-backward"]), none);
    assertEquals(asked, [
      [["naive"], ["memory"]],
      [["naive", "blocked"], ["memory", "exact-backward"]],
    ]);
    // All that was not run yet, where all are needed.
    assertEquals(await find(["blocked"]), none);
    const others = checks.map(({ name }) => name).filter((name) =>
      name !== "memory" && name !== "exact-backward"
    );
    assertEquals(asked.slice(2), [[["blocked"], others]]);
    assertEquals(await find(["blocked"]), none);
    assertEquals(asked.length, 3);
  }));

Deno.test("findRefusals() still refuses a kernel whose earlier checks failed when later ones pass", () =>
  inFolder(async (folder) => {
    const some = (name: string, check: string, broken: boolean) => {
      const whole = verified(name, broken);
      return { ...whole, checks: whole.checks.filter((each) => each.check === check) };
    };
    const run = (check: string, broken: boolean) =>
      findRefusals(["naive"], environment, "plain", {
        folder,
        needed: [check],
        verify: () =>
          Promise.resolve({
            ...sampleVerification(),
            exitCode: broken ? 1 : 0,
            self: null,
            build,
            kernels: [some("naive", check, broken)],
            groups: [],
            skipped: [],
          }),
        onWarning,
      });
    assertStringIncludes((await run("order", true)).get("naive") ?? "", "rejects it: order");
    assertStringIncludes((await run("memory", false)).get("naive") ?? "", "rejects it: order");
  }));

Deno.test("refusalOf() refuses a kernel that lacks a check that is needed, and no other", () => {
  const whole = verified("naive");
  const some = { ...whole, checks: whole.checks.filter(({ check }) => check !== "order") };
  assertEquals(refusalOf(some), "not every check was run on it");
  assertEquals(refusalOf(some, ["memory", "order"]), "not every check was run on it");
  assertEquals(refusalOf(some, ["memory"]), null);
});

Deno.test("findRefusals() verifies a kernel from elsewhere anew when a file of its code was edited, and no other", () =>
  inFolder(async (folder) => {
    const path = join(folder, "mine.js");
    const helper = join(folder, "helper.js");
    await Deno.writeTextFile(path, "export { default } from './helper.js';");
    await Deno.writeTextFile(helper, "export default (shape, a, b) => [];");
    const mine = { given: path, url: pathToFileURL(path).href, exported: null, name: "mine" };
    const asked: string[][] = [];
    const stub = verifier(asked);
    const verify = async (plan: VerificationPlan) => {
      const report = await stub(plan);
      const code = await hashOfModule(mine) ?? "none";
      const kernels = report.kernels.map((each) =>
        each.kernel === "mine" ? { ...each, code } : each
      );
      return { ...report, kernels };
    };
    const find = () =>
      findRefusals(["naive", mine], environment, "plain", { folder, verify, onWarning });
    assertEquals([await find(), await find()], [none, none]);
    assertEquals(asked, [["naive", "mine"]]);
    await Deno.writeTextFile(helper, "export default (shape, a, b) => [0];");
    assertEquals(await find(), none);
    assertEquals(asked.slice(1), [["mine"]]);
    assertEquals(await find(), none);
    assertEquals(asked.length, 2);
    // A file that it needs cannot be read: nothing is known of such code.
    await Deno.remove(helper);
    await find();
    await find();
    assertEquals(asked.length, 4);
  }));
