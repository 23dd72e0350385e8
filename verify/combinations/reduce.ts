/**
 * Which features of a failing row matter: it is reduced to those without which it
 * passes, the others being plain, and those are tried with other levels of all
 * the rest. Then its sizes are made small.
 * Method: delta debugging (Zeller & Hildebrandt, TSE 2002), on features.
 *
 * @module
 */
import { createRandom, type Random } from "../../common/random.ts";
import { formatCount } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import type { Outcome } from "../compare.ts";
import { minimise } from "../delta_debugging.ts";
import { idOf } from "./ids.ts";
import { axes, isAxis } from "./plan.ts";
import { smallSize } from "./sizes.ts";
import { levelOf, type Row, type Subject } from "./subject.ts";

/** Runs of rows that a reduction takes at most. */
const [mostRuns, others] = [80, 8];

/** Runs a row, with the data that its id determines. */
export type RunRow = (row: Row) => Promise<Outcome>;

/** The features of a row that are not plain, sizes among them. */
function unusualOf({ features }: Subject, { shape, levels }: Row): string[] {
  return features.filter(({ name, levels: [plain] }) =>
    isAxis(name) ? shape[name] !== smallSize : levels[name] !== plain
  ).map(({ name }) => name);
}

/** A row that has of another one these features alone, all else plain; null where that is not allowed. */
function withOnly(subject: Subject, row: Row, kept: readonly string[]): Row | null {
  const shape = { ...row.shape };
  const levels: Record<string, string> = { ...row.levels };
  for (const { name, levels: [plain] } of subject.features) {
    if (kept.includes(name)) continue;
    if (isAxis(name)) shape[name] = smallSize;
    else levels[name] = plain!;
  }
  return allowed(subject, { shape, levels });
}

function allowed(subject: Subject, { shape, levels }: Row): Row | null {
  const level = levelOf({ levels });
  return subject.allows(level) ? { shape: subject.adjust?.(shape, level) ?? shape, levels } : null;
}

/** A row that has these features of another one, and of the rest any levels; null where none was found. */
function withOthers(
  subject: Subject,
  row: Row,
  kept: readonly string[],
  random: Random,
): Row | null {
  for (let attempt = 0; attempt < 20; attempt++) {
    const shape = { ...row.shape };
    const levels: Record<string, string> = { ...row.levels };
    for (const { name, levels: all } of subject.features) {
      if (kept.includes(name)) continue;
      if (isAxis(name)) shape[name] = random.between(1, 40);
      else levels[name] = all[random.between(0, all.length - 1)]!;
    }
    const made = allowed(subject, { shape, levels });
    // What must be equal may have changed what was to be kept.
    if (
      made && axes.every((axis) => !kept.includes(axis) || made.shape[axis] === row.shape[axis])
    ) {
      return made;
    }
  }
  return null;
}

/** A feature with what it is in a row. */
function describeFeature(name: string, { shape, levels }: Row): string {
  return isAxis(name) ? `${name} = ${shape[name]}` : `${name} ${levels[name]}`;
}

/** What a row's failure is reduced to. */
export interface Reduced {
  readonly row: Row;
  readonly id: string;
  /** With what it fails, for the message. */
  readonly features: string;
  readonly steps: number;
}

/** Reduces a row that fails; null where it passes when it is run again. */
export async function reduceRow(subject: Subject, row: Row, run: RunRow): Promise<Reduced | null> {
  let runs = 0;
  const fails = async (candidate: Row | null) => {
    runs++;
    return candidate !== null && (await run(candidate)).problem !== null;
  };
  if (!await fails(row)) return null;
  const unusual = unusualOf(subject, row);
  const only = (kept: readonly string[]) => withOnly(subject, row, kept);
  const kept = await fails(only([]))
    ? []
    : await minimise(unusual, (part) => fails(only(part)), mostRuns);
  const reduced = only(kept) ?? row;
  const random = createRandom(1);
  let [tried, failed] = [0, 0];
  for (let i = 0; i < others; i++) {
    const other = withOthers(subject, reduced, kept, random);
    if (other === null) continue;
    tried++;
    if (await fails(other)) failed++;
  }
  const rest = subject.features.length - kept.length;
  const named = kept.length === 0
    ? "with every feature plain"
    : `with ${formatList(kept.map((name) => describeFeature(name, reduced)))}`;
  const whatever = tried === 0
    ? ""
    : failed === tried
    ? `, whatever the other ${formatCount(rest, "feature")}`
    : `, and with ${failed} of ${tried} draws of the other ${formatCount(rest, "feature")}`;
  return {
    row: reduced,
    id: idOf(subject, reduced),
    features: `fails ${named}${whatever}`,
    steps: runs,
  };
}
