import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseDocument } from "yaml";
import config from "../deno.json" with { type: "json" };

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly "continue-on-error"?: boolean;
}

interface Job {
  readonly "runs-on": string;
  readonly needs?: string;
  readonly if?: string;
  readonly strategy?: {
    readonly "fail-fast": boolean;
    readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] };
  };
  readonly steps: readonly Step[];
  readonly "continue-on-error"?: boolean;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const document = parseDocument(
  await Deno.readTextFile(new URL("../.github/workflows/bench.yml", import.meta.url)),
  // A key given twice is an error, as GitHub has it.
  { uniqueKeys: true, strict: true },
);
const workflow = document.toJS() as Workflow;
const jobs = Object.values(workflow.jobs);
const steps = jobs.flatMap((job) => job.steps);
const bench = workflow.jobs["bench"];
const report = workflow.jobs["report"];
assert(bench && report);

/** The commands of a job, one line. */
function commandsOf(job: Job): string {
  return job.steps.map(({ run }) => run ?? "").join("\n");
}

Deno.test("bench.yml is YAML without errors or warnings, and every step does one thing", () => {
  assertEquals([...document.errors, ...document.warnings].map(({ message }) => message), []);
  assertEquals(Object.keys(workflow.on), ["pull_request", "push", "workflow_dispatch"]);
  for (const step of steps) {
    assertEquals(
      (step.uses === undefined) !== (step.run === undefined),
      true,
      JSON.stringify(step),
    );
  }
});

Deno.test("bench.yml calls only tasks that there are", () => {
  const called = steps.flatMap(({ run }) =>
    [...(run ?? "").matchAll(/deno task (\S+)/g)].map(([, task]) => task ?? "")
  );
  assertEquals([...new Set(called)].toSorted(), ["bench", "report", "verify"]);
  const tasks = Object.keys(config.tasks);
  assertEquals(called.filter((task) => !tasks.includes(task)), []);
});

Deno.test("bench.yml runs on three systems and two architectures, each to its end", () => {
  const { matrix, "fail-fast": failFast } = bench.strategy ?? {};
  assert(matrix);
  const systems = matrix.include.map(({ os, arch }) => `${os} ${arch}`);
  assertEquals(systems, [
    "ubuntu x64",
    "ubuntu arm64",
    "macos x64",
    "macos arm64",
    "windows x64",
    "windows arm64",
  ]);
  assertEquals(new Set(matrix.include.map(({ runner }) => runner)).size, systems.length);
  assert(matrix.include.every(({ os, runner }) => os && runner?.startsWith(`${os}-`)));
  assertEquals(failFast, false);
  assertEquals(bench["runs-on"], "${{ matrix.runner }}");
});

Deno.test("bench.yml fails on a regression against the base branch, and forgives nothing", () => {
  const against = bench.steps.find(({ run }) => run?.includes("--against"));
  assert(against);
  assertEquals(against.if, "github.event_name == 'pull_request'");
  assertEquals(against.run, 'deno task bench --out runs --against "$BASE" --fail-on-regression');
  assertEquals(against.env, { BASE: "origin/${{ github.base_ref }}" });
  // The branch is only there in a full checkout.
  assertEquals(bench.steps[0]?.with?.["fetch-depth"], 0);
  for (const one of [...jobs, ...steps]) assertEquals(one["continue-on-error"], undefined);
  assertEquals(/\|\||set \+e/.test(jobs.map(commandsOf).join("\n")), false);
});

Deno.test("bench.yml keeps the results of every system and merges them, also after a failure", () => {
  const [upload] = bench.steps.filter(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
  assert(upload);
  assertEquals(upload.if, "always()");
  assertEquals(upload.with?.["name"], "results-${{ matrix.os }}-${{ matrix.arch }}");
  assertEquals(report.needs, "bench");
  assertEquals(report.if, "${{ !cancelled() }}");
  const [download] = report.steps.filter(({ uses }) =>
    uses?.startsWith("actions/download-artifact@")
  );
  assertEquals(download?.with, { pattern: "results-*", path: "results" });
  assertMatch(
    commandsOf(report),
    /deno task report results\/\*\*\/results\.json --out report\.html/,
  );
});

Deno.test("bench.yml has the least rights, pinned versions, and no expression in a shell", () => {
  assertEquals(workflow.permissions, { contents: "read" });
  for (const { uses, run } of steps) {
    if (uses !== undefined) assertMatch(uses, /^actions\/[a-z-]+@v\d+$/);
    // A branch's name may be a command; it comes in by the environment.
    assertEquals(run?.includes("${{") ?? false, false);
  }
  const readme = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
  assertEquals(readme.includes(`deno@${workflow.env["DENO_VERSION"]} `), true);
});
