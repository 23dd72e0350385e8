/**
 * What a calibration shows, in sentences and short names.
 *
 * @module
 */
import { formatCount, formatPercent } from "../../common/numbers.ts";
import type { Calibration, Count } from "../../results/calibration/schema.ts";

/** A share with the ends of its interval: `5 % (2.1–9.8 %)`. */
export function shareText(
  { found, of, low, high }: Pick<Count, "found" | "of" | "low" | "high">,
): string {
  const ends = `${formatPercent(low).replace(" %", "")}–${formatPercent(high)}`;
  return `${formatPercent(found / of)} (${ends})`;
}

/** What was done to the code. */
export function effectText(effect: string): string {
  const names: Readonly<Record<string, string>> = {
    aa: "identical code",
    tail: "every tenth call three times slower",
    leak: "memory kept by every call",
    start: "first call three times slower",
  };
  if (Object.hasOwn(names, effect)) return names[effect] ?? effect;
  return /^[\d.]+$/.test(effect) ? `${effect} % slower` : effect;
}

/** The runs of a count, by what was beside them. */
export const loadTexts: Readonly<Record<Count["load"], string>> = {
  all: "all runs",
  quiet: "nothing beside",
  loaded: "a load beside",
};

/** The count of a kind, over all runs and workloads. */
function find(counts: readonly Count[], what: string, effect: string | null = null) {
  return counts.find((one) =>
    one.what === what && one.effect === effect && one.load === "all" && one.workload === null
  );
}

/** The effects that were tried, in their order. */
export function effectsOf({ counts }: Pick<Calibration, "counts">): string[] {
  const changed = counts.filter(({ what }) => what === "confirmed");
  return [...new Set(changed.flatMap(({ effect }) => effect ?? []))];
}

/** The answer: what the bench's claims are worth, a sentence each, the most important first. */
export function answers({ counts, runs }: Pick<Calibration, "counts" | "runs">): string[] {
  const [miss, wrong, exit] = [
    find(counts, "miss"),
    find(counts, "false"),
    find(counts, "exit3", "aa"),
  ];
  const found = effectsOf({ counts }).flatMap((effect) => {
    const confirmed = find(counts, "confirmed", effect);
    return confirmed
      ? [
        `“${effectText(effect)}” ended with exit code 3 in ${confirmed.found} of ${
          formatCount(confirmed.of, "run")
        }.`,
      ]
      : [];
  });
  return [
    ...(miss
      ? [
        `Of ${formatCount(miss.of, "interval")} of 95 % on identical code, ${miss.found} miss 1: ${
          shareText(miss)
        }, where 5 % should.`,
      ]
      : []),
    ...(wrong
      ? [
        `${
          formatCount(wrong.found, "verdict")
        } of ${wrong.of} on identical code claimed a difference: ${shareText(wrong)}.`,
      ]
      : []),
    ...(exit
      ? [
        `Code compared with itself ended with exit code 3 in ${exit.found} of ${
          formatCount(exit.of, "run")
        }.`,
      ]
      : []),
    ...found,
    ...(runs.length === 0 ? ["No run has ended yet."] : []),
  ];
}
