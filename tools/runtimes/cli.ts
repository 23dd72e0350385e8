/**
 * `deno task runtimes`: builds the package, installs it as a user does, and runs
 * one program in every runtime that is available. Its table stands in
 * docs/runtimes.md.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../../common/command.ts";
import { cleanText } from "../../common/text.ts";
import { formatBytes } from "../../common/units.ts";
import { alignColumns, markdownHead, markdownRow } from "../../common/table.ts";
import { endBundler } from "../build/bundle.ts";
import {
  type Expectation,
  type Outcome,
  problemsOf,
  type Row,
  type Run,
  slowestFirst,
  withoutSimd,
} from "./outcome.ts";
import { checkPackage } from "./package_checks.ts";
import { runPages } from "./pages.ts";
import { processes } from "./processes.ts";
import { makeProject, type Project, type Size } from "./project.ts";

const all: Expectation = { kernels: slowestFirst };

/** What a runtime must show that runs programs in a process, and not all kernels. */
const exceptions: Readonly<Record<string, Expectation>> = {
  "Node, no WebAssembly": withoutSimd,
  "Deno, no SIMD": withoutSimd,
};

const titles = ["runtime", "version", "kernels that ran", "first result", "bundle"];

/** A row of the table. */
function cellsOf({ runtime, run }: Row): string[] {
  if (run.kind !== "ran") return [runtime, "", cleanText(`${run.kind}: ${run.reason}`, 120)];
  const { version, kernels } = run.outcome;
  const simd = kernels["wasm-simd"];
  const first = simd?.ran ? simd.first : undefined;
  return [
    runtime,
    version,
    slowestFirst.filter((name) => kernels[name]?.ran).join(", "),
    first === undefined ? "" : `${Math.round(first)} ms`,
    run.bundle === null ? "" : formatBytes(run.bundle),
  ];
}

const sizeText = ({ bytes, gzip }: Size) => `${formatBytes(bytes)} (gzip ${formatBytes(gzip)})`;

/** The sizes in one sentence. */
function sizesOf({ minified, workerSize, tarball }: Project): string {
  return `The library in one minified file: ${sizeText(minified)}, of which the text of a worker ` +
    `is ${sizeText(workerSize)}. The tarball: ${formatBytes(tarball.bytes)}.`;
}

/** Runs all; the rows, and the problems by what they are of. */
async function runAll(project: Project): Promise<{ rows: Row[]; problems: Map<string, string[]> }> {
  const rows: Row[] = [];
  const problems = new Map<string, string[]>();
  const references: Outcome[] = [];
  const add = (runtime: string, expected: Expectation, run: Run) => {
    const row = { runtime, expected, run };
    rows.push(row);
    if (run.kind === "ran") {
      problems.set(runtime, problemsOf(run.outcome, expected, references));
      references.push(run.outcome);
    } else if (run.kind === "failed") {
      problems.set(runtime, [run.reason]);
    }
    print(cellsOf(row).filter((cell) => cell !== "").join("  "));
  };
  for (const [name, run] of Object.entries(processes)) {
    add(name, exceptions[name] ?? all, await run(project));
  }
  await runPages(project, add);
  return { rows, problems };
}

/** The command. */
export const main = defineCommand({
  usage: "deno task runtimes [--markdown] [--required]",
  summary: "Builds and installs the package, and runs one program in every runtime.",
  options: {
    markdown: { value: null, help: "Print the table as docs/runtimes.md has it." },
    required: {
      value: null,
      help: "Fail too where Deno, the installed Node or a bundle of esbuild was not available.",
    },
  },
  notes: [
    "Each kernel computes a Dense layer forward and backward, and must give the bits of Deno's",
    "from the source on whole numbers, and on random ones those of the first runtime that rounds",
    "alike. What npm lacks or cannot be downloaded is listed as not available.",
  ],
  run: async ({ given }) => {
    const folder = await Deno.makeTempDir();
    try {
      const project = await makeProject(folder);
      const { rows, problems } = await runAll(project);
      await checkPackage(project, (name, problem) => {
        problems.set(name, problem === null ? [] : [problem]);
        print(`${name}: ${problem ?? "ok"}`);
      });
      if (given.has("required")) requireRuntimes(rows, problems);
      const cells = rows.map(cellsOf);
      print("");
      if (given.has("markdown")) {
        print([markdownHead(titles, [3, 4]), ...cells.map(rowOf)].join("\n"));
      } else {
        print(alignColumns([titles, ...cells], [3, 4]).join("\n"));
      }
      print(`\n${sizesOf(project)}`);
      const wrong = [...problems].filter(([, found]) => found.length > 0);
      for (const [name, found] of wrong) {
        for (const problem of found) print(`FAILED  ${name}: ${problem}`);
      }
      print(`${problems.size - wrong.length} passed, ${wrong.length} failed`);
      return wrong.length === 0 ? 0 : 1;
    } finally {
      await endBundler();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A row in Markdown, of as many cells as there are titles. */
function rowOf(cells: readonly string[]): string {
  return markdownRow(titles.map((_, column) => cells[column] ?? ""));
}

/** Notes as problems the required runtimes that were not available. */
function requireRuntimes(rows: readonly Row[], problems: Map<string, string[]>): void {
  const required = ["Deno, source", "Node, installed", "esbuild without options, in Node"];
  for (const { runtime, run } of rows) {
    if (run.kind === "not available" && required.includes(runtime)) {
      problems.set(runtime, [`not available: ${run.reason}`]);
    }
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
