/**
 * The effects that a calibration tries: what is done to one workload of the code
 * before the bench compares it with the code as it was.
 *
 * @module
 */
import { UsageError } from "../../common/command.ts";
import { formatPercent } from "../../common/numbers.ts";
import { quote } from "../../common/text.ts";
import type { EffectKind } from "../../results/calibration/schema.ts";

/** An effect, and how many runs it gets. */
export interface Effect {
  /** As it is written: `aa`, `5`, `tail`. */
  readonly name: string;
  readonly kind: EffectKind;
  /** The extra time as a share of a call's own: 0.05 of 5 %; of the tail and the start, of the calls that are slow. */
  readonly share: number;
  readonly runs: number;
}

/** What is tried where nothing else is asked for. */
export const usualEffects = "aa,3,5,10,20,tail,leak,start";

/** Shares of the effects that are no percentage. A tail's call, and a first one, takes three times its time. */
const named: Readonly<Record<string, Pick<Effect, "kind" | "share">>> = {
  aa: { kind: "same", share: 0 },
  tail: { kind: "tail", share: 2 },
  leak: { kind: "leak", share: 0 },
  start: { kind: "start", share: 2 },
};

/** What the effect is, in words. */
export function effectText({ kind, share }: Pick<Effect, "kind" | "share">): string {
  switch (kind) {
    case "same":
      return "identical code";
    case "percent":
      return `${formatPercent(share, 3)} slower`;
    case "tail":
      return "every tenth call three times slower";
    case "leak":
      return "memory kept by every call";
    case "start":
      return "first call three times slower";
  }
}

/**
 * The effects of a list such as `aa:40,5,tail`; those without a number of their own get `runs`.
 *
 * @throws {UsageError}
 *
 * @example
 * ```ts
 * import { parseEffects } from "./effects.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseEffects("aa:40,5", 20), [
 *   { name: "aa", kind: "same", share: 0, runs: 40 },
 *   { name: "5", kind: "percent", share: 0.05, runs: 20 },
 * ]);
 * ```
 */
export function parseEffects(text: string, runs: number): Effect[] {
  const effects = text.split(",").map((part): Effect => {
    const [name = "", own, ...rest] = part.trim().split(":");
    const count = own === undefined ? runs : /^\d+$/.test(own) ? Number(own) : NaN;
    const percent = /^\d+(?:\.\d+)?$/.test(name) ? Number(name) : NaN;
    if (!(count >= 1 && count <= 1000) || rest.length > 0) {
      throw new UsageError(
        `--effects: ${quote(part)} must be an effect and a number of runs from 1 to 1000, as aa:40`,
      );
    }
    const known = Object.hasOwn(named, name) ? named[name] : undefined;
    if (known) return { name, ...known, runs: count };
    if (!(percent >= 0.1 && percent <= 1000)) {
      throw new UsageError(
        `--effects: unknown effect ${quote(name)}; there are ${
          Object.keys(named).join(", ")
        } and percentages from 0.1 to 1000`,
      );
    }
    return { name: String(percent), kind: "percent", share: percent / 100, runs: count };
  });
  const names = effects.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--effects names ${quote(twice)} twice`);
  return effects;
}
