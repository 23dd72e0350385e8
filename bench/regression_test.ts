import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { inFolder } from "../common/deno_testing.ts";
import type { KernelRecord, Results, VerdictReport } from "../results/schema.ts";
import { cleanSample } from "../results/sample_testing.ts";
import type { Against } from "./against.ts";
import { resolveAgainst } from "./against.ts";
import { compareFiles } from "./cli.ts";
import type { Flagged } from "./confirmation.ts";
import { checkAgainst, decide, exitCodes, suspectsIn } from "./regression.ts";
import { remeasured } from "./regression_testing.ts";
import { suites } from "./workloads.ts";

const version: Against = {
  kind: "version",
  version: { label: "old", registry: "file:///nowhere" },
  folder: null,
};

/** A run in which kernels are timed beside their old version, with these verdicts. */
function run(verdicts: readonly Partial<VerdictReport>[], more: Partial<Results> = {}): Results {
  const sample = cleanSample();
  const simd = sample.kernels.find(({ name }) => name === "wasm-simd")!;
  const old: KernelRecord = { ...simd, name: "wasm-simd@old", base: "wasm-simd", version: "old" };
  return {
    ...sample,
    kernels: [...sample.kernels, old],
    verdicts: verdicts.map((verdict) => ({
      kernel: "wasm-simd",
      baseline: "wasm-simd@old",
      workload: "jet",
      pass: "forward",
      ratio: 1.2,
      low: 1.1,
      high: 1.3,
      confidence: 0.95,
      p: 0.001,
      rounds: 12,
      verdict: "slower",
      ...verdict,
    })),
    ...more,
  };
}

const never = {
  remeasure: () => Promise.reject(new Error("nothing is to be measured again")),
  compare: compareFiles,
};
const gate = { failOnRegression: true, strict: false };

Deno.test("suspectsIn() finds what may be slower than another version, each kernel once", () => {
  const jet = { kernel: "wasm-simd", workload: "jet", pass: "forward" } as const;
  assertEquals(suspectsIn(run([{}])), [jet]);
  // Too noisy for a verdict, and reason enough to look again.
  assertEquals(suspectsIn(run([{ ratio: 1.03, p: 0.3, verdict: "inconclusive" }])), [jet]);
  assertEquals(suspectsIn(run([{ ratio: 1.01, verdict: "equivalent" }])), []);
  assertEquals(suspectsIn(run([{ ratio: 1.03, p: 0.6, verdict: "inconclusive" }])), []);
  assertEquals(suspectsIn(run([{ ratio: 0.8, verdict: "faster" }])), []);
  assertEquals(suspectsIn(run([{ baseline: "naive" }])), []);
  assertEquals(suspectsIn(run([{}, { ratio: 1.1 }])), [jet]);
});

Deno.test("decide() exits with 3 only where what was slower is slower again", async () => {
  const asked: (readonly Flagged[])[] = [];
  const answer = (again: Results | null) => ({
    ...never,
    remeasure: (flagged: readonly Flagged[]) => {
      asked.push(flagged);
      return Promise.resolve(again);
    },
  });
  const slower = run([{}]);
  const confirmed = await decide(gate, version, slower, answer(remeasured(1.2, 6)));
  assertEquals(confirmed.code, exitCodes.regression);
  assertStringIncludes(confirmed.lines.join("\n"), "regression, confirmed: wasm-simd on jet");
  assertEquals(asked, [[{ kernel: "wasm-simd", workload: "jet", pass: "forward" }]]);
  const gone = await decide(gate, version, slower, answer(remeasured(1, 8)));
  assertEquals(gone.code, exitCodes.done);
  assertStringIncludes(gone.lines.join("\n"), "not confirmed: no regression");
  // Something else that is slower the second time confirms nothing.
  const other = await decide(gate, version, slower, answer(remeasured(1.2, 6, "ad-in")));
  assertEquals(other.code, exitCodes.done);
  const open = await decide(gate, version, slower, answer(remeasured(1.2, 3)));
  assertEquals(open.code, exitCodes.done);
  assertStringIncludes(open.lines.join("\n"), "not confirmed, nor ruled out: wasm-simd on jet.");
  const stopped = await decide(gate, version, slower, answer(null));
  assertEquals(stopped.code, exitCodes.failed);
  assertStringIncludes(stopped.lines.join("\n"), "stopped before");
});

Deno.test("decide() measures nothing again without --fail-on-regression, or where nothing is slower", async () => {
  const open = { failOnRegression: false, strict: false };
  assertEquals((await decide(open, version, run([{}]), never)).code, exitCodes.done);
  const same = await decide(gate, version, run([{ ratio: 1, verdict: "equivalent" }]), never);
  assertEquals([same.code, same.lines.length], [exitCodes.done, 1]);
});

Deno.test("decide() exits with 2 where no kernel of the version was timed", async () => {
  const { code, lines } = await decide(gate, version, run([]), never);
  assertEquals(code, exitCodes.usage);
  assertStringIncludes(lines.join(), "nothing to compare: no kernel of old was timed");
});

Deno.test("decide() exits with 4 where the run is too noisy, only if strict", async () => {
  const noise = {
    sentence: "",
    floor: 0.2,
    smallest: 0.4,
    warnings: [],
    controls: [],
    referenceLoop: [],
    measurements: 0,
    replaced: 0,
  };
  const code = async (results: Results, strict: boolean, against: Against | null) =>
    (await decide({ failOnRegression: false, strict }, against, results, never)).code;
  const open = run([{ verdict: "inconclusive" }], { noise: { ...noise, grade: "quiet" } });
  assertEquals(await code(open, true, version), exitCodes.noisy);
  assertEquals(await code(open, false, version), exitCodes.done);
  const unusable = run([], { noise: { ...noise, grade: "unusable" } });
  assertEquals(await code(unusable, true, null), exitCodes.noisy);
  const quiet = run([], { noise: { ...noise, grade: "quiet" } });
  assertEquals(await code(quiet, true, null), exitCodes.done);
});

Deno.test("decide() compares with a file, and confirms what is slower than in it", async () => {
  const old = cleanSample();
  const now: Results = {
    ...old,
    results: old.results.map((result) =>
      result.kernel !== "blocked" || result.workload !== "jet" || !result.seconds ? result : {
        ...result,
        seconds: {
          ...result.seconds,
          median: 2 * result.seconds.median,
          low: 2 * result.seconds.low,
          high: 2 * result.seconds.high,
        },
        roundMedians: result.roundMedians.map((seconds) => 2 * seconds),
      }
    ),
  };
  const file: Against = { kind: "file", path: "old.json", results: old };
  const found = await decide(gate, file, now, {
    ...never,
    remeasure: () => Promise.resolve(now),
  });
  assertEquals(found.code, exitCodes.regression);
  assertStringIncludes(found.lines.join("\n"), "regression, confirmed: blocked on jet");
  assertEquals((await decide(gate, file, old, never)).code, exitCodes.done);
  const elsewhere = { ...now, environment: { ...now.environment, cores: 64 } };
  assertEquals((await decide(gate, file, elsewhere, never)).code, exitCodes.usage);
});

Deno.test("checkAgainst() refuses a file without a common workload before anything is measured", () => {
  const results = cleanSample();
  const file: Against = { kind: "file", path: "old.json", results };
  const plan = (workloads: typeof suites.quick) => ({ plan: { workloads } as never });
  checkAgainst(file, plan(suites.quick));
  checkAgainst(version, plan([]));
  assertThrows(
    () => checkAgainst(file, plan(suites.batch)),
    UsageError,
    '"old.json" has no workload in common with this run; it has tiny-odd, jet',
  );
});

const wrongRefs = [
  "no-such-ref",
  "--help",
  "-o",
  "HEAD:kernels",
  "$(id)",
  "a b",
  "http://",
  "file:///no/such/folder",
  import.meta.url,
];
for (const ref of wrongRefs) {
  Deno.test(`resolveAgainst() refuses ${JSON.stringify(ref)}, and leaves nothing behind`, async () => {
    const parent = await Deno.makeTempDir();
    await assertRejects(() => resolveAgainst(ref, parent), UsageError, "--against");
    assertEquals([...Deno.readDirSync(parent)], []);
    await Deno.remove(parent);
  });
}

Deno.test("resolveAgainst() takes the folder of a run for its results.json", () =>
  inFolder(async (folder) => {
    await assertRejects(() => resolveAgainst(folder, folder), UsageError, "no folder of a run");
    await Deno.writeTextFile(`${folder}/results.json`, JSON.stringify(cleanSample()));
    const against = await resolveAgainst(folder);
    assertEquals(against, {
      kind: "file",
      path: `${folder}/results.json`,
      results: cleanSample(),
    });
  }));

// Of one commit, since git writes file by file.
Deno.test("resolveAgainst() writes the kernels of a commit apart from the working tree", async (t) => {
  const against = await resolveAgainst("HEAD");
  if (against.kind !== "version" || against.folder === null) throw new Error("HEAD is no version");
  const { registry, copies } = against.version;
  try {
    await t.step("without tests, and they compute", async () => {
      const files = [...Deno.readDirSync(new URL(".", registry))].map(({ name }) => name);
      assertEquals(files.some((name) => name.includes("_test")), false);
      const { createKernel } = await import(registry);
      await using kernel = await createKernel("blocked");
      using x = kernel.tensor([1, 2], new Float32Array([3, 4]));
      using y = kernel.tensor([1, 1]);
      kernel.matmul(x, x, y, { transposeB: true });
      assertEquals([...await y.read()], [25]);
    });
    await t.step("with two copies of this code, to be loaded as the other version is", async () => {
      const { own, control } = copies!;
      const [first, second] = [await import(own), await import(control)];
      assertEquals(first.createKernel === second.createKernel, false);
      for (const { createKernel } of [first, second]) {
        await using kernel = await createKernel("wasm-simd");
        assertEquals(kernel.name, "wasm-simd");
      }
    });
  } finally {
    await Deno.remove(against.folder, { recursive: true });
  }
});

Deno.test("resolveAgainst() finds the registry of another copy's URL, with or without a slash", async () => {
  const root = new URL("..", import.meta.url).href;
  for (const text of [root, root.slice(0, -1)]) {
    const against = await resolveAgainst(text);
    if (against.kind !== "version" || against.folder === null) throw new Error("no version");
    await Deno.remove(against.folder, { recursive: true });
    const { registry, copies } = against.version;
    assertEquals(registry, `${root}kernels/registry.ts`);
    assertEquals(new Set([registry, copies?.own, copies?.control]).size, 3);
  }
});
