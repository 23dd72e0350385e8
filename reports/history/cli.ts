/**
 * `deno task history`: the times of the runs of a folder, by machine, with the
 * steps in them and the commits at which they came.
 *
 * @module
 */
import {
  defineCommand,
  type Options,
  partsOf,
  print,
  printWarning,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { formatCount } from "../../common/numbers.ts";
import { formatList, quote, quotePath } from "../../common/text.ts";
import { historiesOf, type History, historySchema, machineName, type Run } from "./history.ts";
import { mostRuns, readRunsAt } from "./read.ts";
import { formatHistories } from "./text.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task history [FOLDER or FILE...] [options]",
  summary:
    "Shows how the times of the bench's runs changed, run after run, and where they stepped.",
  options: {
    out: {
      value: "FOLDER",
      help: "Read the runs in this folder, where none is named. Default: runs.",
    },
    kernels: { value: "A,B", help: "Show only these kernels and peers. Default: all of them." },
    filter: {
      value: "A,B",
      help:
        "Show only the workloads whose name contains one of these texts, separated by commas. Default: all of them.",
    },
    machine: {
      value: "TEXT",
      help: "Show only machines whose name contains this text. Default: all of them.",
    },
    last: {
      value: "N",
      help: `Read the last N runs of a folder, from 1 to 1000. Default: ${mostRuns}.`,
    },
    json: { value: null, help: "Print the history as JSON." },
  },
  notes: [
    "FOLDER may be one of runs or that of a run, and FILE is a results.json.",
    "",
    "Bars show the time of a call, on a logarithmic scale: higher is slower. A step is where the",
    "times divide best into stretches of one level each (optimal partitioning with absolute",
    "deviations from medians, as asv does it): at least two runs on both sides, and clearly more",
    "than the runs vary, by the penalty and, of eight runs or more, by a permutation test, so that a",
    "machine that goes back and forth between two speeds has none. Of 20 lines without a step about",
    "one shows one by chance, and a machine may step or drift as well as the code: deno task bench",
    "--against confirms what a step says of the code.",
    "",
    "Exit codes: 0 shown; 2 there is no run to show. Files that cannot be read are named.",
  ],
  words: true,
  run,
});

async function run(given: Options): Promise<number> {
  const { words } = given;
  const out = textOf(given, "out");
  if (words.length > 0 && out !== undefined) {
    throw new UsageError("--out names a folder of runs; none can be named beside it");
  }
  const places = words.length > 0 ? words : [out ?? "runs"];
  const last = wholeNumberOf(given, "last", { low: 1, high: 1000, otherwise: mostRuns });
  const { runs, problems } = await readRunsAt(places, last);
  if (problems.length > 0) {
    printWarning(
      `${formatCount(problems.length, "run")} left out, ${
        formatList(problems.map(({ path, reason }) => `${path}: ${reason}`), { most: 3 })
      }. Consider removing what is broken`,
    );
  }
  if (runs.length === 0) {
    throw new UsageError(
      `no run in ${
        formatList(places.map(quotePath), { most: 3 })
      } can be read; deno task bench makes one`,
    );
  }
  const machine = textOf(given, "machine") ?? "";
  const ofMachine = runs.filter(({ results }) =>
    machineName(results.environment).includes(machine)
  );
  if (ofMachine.length === 0) {
    const names = [...new Set(runs.map(({ results }) => machineName(results.environment)))];
    throw new UsageError(`no machine contains ${quote(machine)}; there are ${names.join("; ")}`);
  }
  const kernels = partsOf(given, "kernels") ?? null;
  const filter = partsOf(given, "filter") ?? null;
  const histories = historiesOf(ofMachine, { kernels, filter });
  if (histories.length === 0) throw new UsageError(nothingLeft(ofMachine));
  print(given.given.has("json") ? jsonOf(histories) : formatHistories(histories));
  return 0;
}

/** Why options leave nothing: what there is. */
function nothingLeft(runs: readonly Run[]): string {
  const all = historiesOf(runs, { kernels: null, filter: null });
  if (all.length === 0) return "the runs have no verified result that was timed";
  const names = (of: (one: History) => string) =>
    formatList([...new Set(all.map(of))], { most: 12 });
  return `no verified result of these kernels and workloads; there are the kernels ${
    names(({ kernel }) => kernel)
  }, the workloads ${names(({ workload }) => workload)}`;
}

function jsonOf(histories: readonly History[]): string {
  return JSON.stringify({ schema: historySchema, histories }, null, 2);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
