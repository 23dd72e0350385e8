/**
 * `deno task mutate`: mutants of the kernels made by machine, each verified in a
 * process of its own, and the share of them that the verifier kills. Writes
 * mutation.json, a page and a table.
 * Method: mutation testing (DeMillo, Lipton & Sayward, IEEE Computer 1978) of a
 * random sample (Acree 1980).
 *
 * @module
 */
import { resolve } from "node:path";
import {
  defineCommand,
  interruptible,
  type Options,
  print,
  printError,
  printWarning,
  runCommand,
} from "../../common/command.ts";
import { shellWord } from "../../common/text.ts";
import { formatTimeLeft } from "../../common/units.ts";
import { renderMutation } from "../../reports/mutation/page.tsx";
import { writeWithPage } from "../../reports/write_page.ts";
import { readEngine, readEnvironment } from "../../results/environment.ts";
import { makeFolder } from "../../results/files.ts";
import { lockFolder } from "../../results/folder_lock.ts";
import { type MutantRecord, type Mutation, mutationSchema } from "../../results/mutation/schema.ts";
import { createProgress } from "../progress.ts";
import { hashOf, readSources, type Sources } from "./copy.ts";
import { ratesOf } from "./count.ts";
import { type Equivalence, readEquivalences, reasonFor } from "./equivalent.ts";
import { type Head, openJournal } from "./journal.ts";
import { expectNamedFiles } from "./named_files.ts";
import { type MutationPlan, options, readPlan } from "./plan.ts";
import { newRecord } from "./sample.ts";
import { Session } from "./session.ts";
import { describeMutant, formatMutation } from "./table.ts";

const exitCodes = { done: 0, interrupted: 1 } as const;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task mutate [options]",
  summary: "Counts how many mutants of the kernels' code, made by machine, the verifier kills.",
  options,
  notes: [
    "Ctrl-C ends it after the mutants at hand are given up; the same command then goes on where it was.",
    "",
    "Exit codes: 0 done, whatever survived; 1 interrupted; 2 usage.",
  ],
  run,
});

async function headOf(args: readonly string[], seed: number, code: string): Promise<Head> {
  return {
    schema: mutationSchema,
    date: new Date().toISOString(),
    command: ["deno task mutate", ...args.map(shellWord)].join(" "),
    environment: await readEnvironment(),
    engine: readEngine(),
    settings: { seed, code },
  };
}

/** Prints the sample, and leaves no file behind; returns the exit code. */
async function list(
  plan: MutationPlan,
  folder: string,
  sources: Sources,
  equivalences: readonly Equivalence[],
): Promise<number> {
  const progress = createProgress();
  const isThere = await Deno.stat(folder).then(() => true, () => false);
  const complete = await interruptible(async (signal) => {
    await using session = new Session(plan, folder, sources, equivalences, signal);
    const mutations = await session.prepare((text) => progress.say(text));
    progress.clear();
    for (const one of mutations ?? []) print(describeMutant(newRecord(one)));
    return mutations !== null;
  });
  if (!isThere) await Deno.remove(folder).catch(() => {});
  return complete ? exitCodes.done : exitCodes.interrupted;
}

async function run(given: Options, args: readonly string[]): Promise<number> {
  const plan = readPlan(given);
  const sources = readSources();
  expectNamedFiles(plan, sources);
  const equivalences = await readEquivalences();
  // The mutants' processes run in other folders.
  const folder = resolve(plan.out);
  if (plan.list) return await list(plan, folder, sources, equivalences);
  await makeFolder(folder);
  using _ = await lockFolder(folder);
  const head = await headOf(args, plan.seed, await hashOf(sources));
  const journal = await openJournal(folder, head);
  const done: MutantRecord[] = [];
  const progress = createProgress();
  const complete = await interruptible(async (signal) => {
    await using session = new Session(plan, folder, sources, equivalences, signal);
    const mutations = await session.prepare((text) => progress.say(text));
    progress.clear();
    if (mutations === null) return false;
    const known = mutations.flatMap(({ id }) => journal.mutants.get(id) ?? []);
    if (known.length > 0) {
      printError(`goes on with the run of ${journal.head.date}: ${known.length} mutants there`);
    }
    const start = performance.now();
    let made = 0;
    const all = await session.run(mutations, journal.mutants, {
      onMutant: (record, left) => {
        made++;
        const time = (performance.now() - start) / 1e3 / made * left;
        const what = record.outcome === "killed" ? `killed by ${record.check}` : record.outcome;
        progress.clear();
        printError(
          `${left} to do, ${formatTimeLeft(time)} left: ${describeMutant(record)}: ${what}`,
        );
      },
    });
    done.push(...all.map((one) => ({ ...one, equivalent: reasonFor(one, equivalences) })));
    return all.length === mutations.length;
  });
  if (!complete) {
    printWarning("stopped early. Consider the same command, which goes on where this one stopped");
  }
  if (done.length === 0) return exitCodes.interrupted;
  const mutation: Mutation = { ...journal.head, mutants: done, rates: ratesOf(done) };
  const files = await writeWithPage(folder, "mutation", {
    found: mutation,
    page: await renderMutation(mutation),
  });
  print(formatMutation(mutation));
  for (const file of [files.json, files.html]) print(file);
  return complete ? exitCodes.done : exitCodes.interrupted;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
