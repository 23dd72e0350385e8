/**
 * What a row of the table of all numbers opens to: the formula that is computed,
 * the command that measures it again, and the times of its rounds, as names and
 * texts. Pages write it, and the browser where it
 * writes the table.
 *
 * @module
 */
import { formatNumber, formatPercent, formatWhole } from "../common/numbers.ts";
import { formatTime } from "../common/units.ts";
import { recordOf } from "../results/query.ts";
import { standingOf } from "../results/roofline.ts";
import type { Result, Results } from "../results/schema.ts";

/** Above so many results a page holds a compact table, and the browser writes the whole one. */
const mostWritten = 100;

/** Whether a page on these results holds their numbers in short, and the rest where a script writes it. */
export function isLong({ results }: Results): boolean {
  return results.length > mostWritten;
}

const passes: Readonly<Record<Result["pass"], string>> = {
  forward: "",
  "forward-unpacked": "; the weight is packed anew in each call",
  backward: "; timed are the gradients of x, W and b from that of y",
  training: "; timed are a forward pass, the gradients and an update of W and b",
};

/** The formula of a workload with its shapes. */
export function formulaOf(
  { m, n, k, activation, bias, layers, steps, pass }: Result,
): string {
  if (steps) return steps.join(" → ") + passes[pass];
  const one = (x: string, y: string, n: number, k: number, activation: string, bias: boolean) =>
    `${y}[${m}×${n}] = ${
      activation === "linear" ? "" : `${activation}(`
    }${x}[${m}×${k}] · W[${k}×${n}]${bias ? ` + b[${n}]` : ""}${
      activation === "linear" ? "" : ")"
    }`;
  if (!layers) return one("x", "y", n, k, activation, bias) + passes[pass];
  const text = layers.map((layer) =>
    `${formatWhole(layer.k)} → ${formatWhole(layer.n)} ${layer.activation}`
  );
  return `${text.join(", ")}, on ${formatWhole(m)} rows${passes[pass]}`;
}

/** Options that choose what is measured, each with its value. */
const choosing = / --(?:filter|kernels|peers|out|baseline|engine)[ =]\S+/g;

/** The command that measures a result again; that of the whole run where it cannot be told. */
export function commandOfRow(result: Result, results: Results): string {
  const { command } = results;
  // What is quoted is not taken apart, and another command has no such options.
  if (!command.startsWith("deno task bench") || /['"\\]/.test(command)) return command;
  const record = recordOf(result, results);
  const name = record?.base ?? result.kernel;
  const engine = (record?.engine ?? results.engine) === "plain" ? " --engine plain" : "";
  const kernel = result.peer ? ` --kernels wasm-simd --peers ${name}` : ` --kernels ${name}`;
  return `${command.replaceAll(choosing, "")} --filter ${result.workload}${kernel}${engine}`;
}

/** The names and texts of a row. */
export function detailsOf(
  result: Result,
  results: Results,
): readonly (readonly [string, string])[] {
  const { roundMedians } = result;
  const standing = standingOf(result, results);
  const shares = standing && [
    `${formatPercent(standing.ofPeak)} of its peak`,
    ...(standing.ofLimit === null ? [] : [`${formatPercent(standing.ofLimit)} of the roofline`]),
    `${formatNumber(standing.intensity)} FLOP/byte`,
  ];
  return [
    ["formula", formulaOf(result)],
    ["command", commandOfRow(result, results)],
    ...(roundMedians.length > 0
      ? [["medians of the rounds", roundMedians.map(formatTime).join(", ")] as const]
      : []),
    ...(shares ? [["how much is left", shares.join(", ")] as const] : []),
  ];
}

/** Every sample, a line for each measurement; none where the file has none. */
export function samplesOf({ measurements = [] }: Result): readonly (readonly [string, string])[] {
  return measurements.map(({ round, launch, at, calls, samples, replaced }) => {
    const place = launch === undefined ? `round ${round}` : `round ${round}, launch ${launch}`;
    const again = replaced === undefined ? "" : `; measured again: ${replaced}`;
    return [
      `${place}, at ${formatNumber(at)} s, ${formatWhole(calls)} calls a sample${again}`,
      samples.map(formatTime).join(", "),
    ];
  });
}
