/**
 * Combinations of two and three conditions: every operation in rows of a covering
 * array over sizes, values, options and the history of its operands, since most
 * faults need no more than three conditions at once, and no list has them all.
 * Each run makes another array with other sizes. A failing row is reduced to the
 * features that matter.
 * Method: Kuhn, Wallace & Gallo, "Software fault interactions and implications
 * for software testing", IEEE TSE 2004; see verify/combinations/.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { type Case, type Check, type Context, runCase, uniqueCases } from "../check.ts";
import type { Outcome } from "../compare.ts";
import { idOf, name, rowOfId } from "../combinations/ids.ts";
import { rowsOf } from "../combinations/plan.ts";
import { reduceRow } from "../combinations/reduce.ts";
import type { Row, Subject } from "../combinations/subject.ts";
import { subjects } from "../combinations/subjects.ts";
import { shrink } from "../shrink.ts";

/** So many failures of one run are reduced. */
const mostReduced = 2;

/** Milliseconds in which the sizes of one are made small. */
const mostShrinking = 2000;

/** What a row needs besides its kernel: other kernels, the seed of its data when it is run again, and how many failures are still to be reduced. */
interface Makers extends Pick<Context, "create" | "second"> {
  readonly seed: number;
  toReduce: number;
}

async function runRow(
  subject: Subject,
  row: Row,
  kernel: Kernel,
  random: Random,
  { create, second }: Makers,
): Promise<Outcome> {
  if (row.levels.beside !== "yes" || !create) {
    return await subject.run(row, { kernel, random, second: null });
  }
  if (second) return await subject.run(row, { kernel, random, second: await second() });
  await using own = await create({});
  return await subject.run(row, { kernel, random, second: own });
}

/** A row as a case; `reduces` says whether its failure is reduced. */
function caseOfRow(subject: Subject, row: Row, makers: Makers, reduces: boolean): Case {
  const id = idOf(subject, row);
  return {
    id,
    shape: row.shape,
    resize: (shape) => caseOfRow(subject, { ...row, shape }, makers, false),
    run: async (kernel, random) => {
      const outcome = await runRow(subject, row, kernel, random, makers);
      if (outcome.problem === null || !reduces || makers.toReduce === 0) return outcome;
      makers.toReduce--;
      return await reduced(subject, row, kernel, outcome, makers);
    },
  };
}

/** A failure with the features that matter, and the smallest case like it. */
async function reduced(
  subject: Subject,
  row: Row,
  kernel: Kernel,
  outcome: Outcome,
  makers: Makers,
): Promise<Outcome> {
  const caseOf = (each: Row) => caseOfRow(subject, each, makers, false);
  const found = await reduceRow(subject, row, (each) => runCase(caseOf(each), kernel, makers.seed));
  if (found === null) return outcome;
  const small = await shrink(caseOf(found.row), kernel, makers.seed, mostShrinking);
  return {
    ...outcome,
    problem: `${outcome.problem}; ${found.features}`,
    minimal: { id: small?.id ?? found.id, steps: found.steps + (small?.steps ?? 0) },
  };
}

/** The check. */
export const combinations: Check = {
  name,
  description: "every two and three conditions of each operation together give the right results",
  cases: (kernel, { effort, seed = 1, sweepSeed = seed, create, second = null }) => {
    const makers = { create, second, seed, toReduce: mostReduced };
    return subjects.filter((subject) => subject.has(kernel)).flatMap((subject) => {
      const rows = rowsOf(subject, kernel, { effort, seed: sweepSeed, another: create !== null });
      return uniqueCases(rows.map((row) => caseOfRow(subject, row, makers, effort !== "smoke")));
    });
  },
  find: (id, { create, seed = 1 }) => {
    for (const subject of subjects) {
      const row = rowOfId(subject, id);
      if (row === null) continue;
      return caseOfRow(subject, row, { create, second: null, seed, toReduce: 1 }, true);
    }
    return null;
  },
};
