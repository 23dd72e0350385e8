/**
 * Progress as text: a bar on a terminal that is written over, one line for each
 * epoch elsewhere. Where the program runs, and whether colours are wanted, is
 * asked of whatever runtime there is; a page gets lines on its console.
 *
 * @module
 */
import { ArgumentError } from "../../common/errors.ts";
import { formatShort } from "../../common/numbers.ts";
import { boolean, checkOptions } from "../../common/options.ts";
import { formatDuration, formatTimeLeft } from "../../common/units.ts";
import type { Callback, Logs, Progress } from "./callback.ts";
import { callable } from "../numbers.ts";

/** Where a reporter writes. */
export interface ReporterOptions {
  /** Writes text as it is. */
  readonly write: (text: string) => void;
  /** Whether what is written can be written over, as on a terminal; default false. */
  readonly terminal?: boolean;
  /** Whether colours may be used; default false. */
  readonly colours?: boolean;
}

const formatLogs = (logs: Logs) =>
  Object.entries(logs).map(([name, value]) => `${name} ${formatShort(value)}`).join("  ");

const width = 20;

function bar(share: number, colours: boolean): string {
  const full = Math.round(width * share);
  const [done, rest] = ["━".repeat(full), "─".repeat(width - full)];
  return colours ? `\x1b[32m${done}\x1b[39m\x1b[2m${rest}\x1b[22m` : done + rest;
}

function progressLine(
  { epoch, epochs, step, stepsPerEpoch, logs, secondsLeft }: Progress,
  colours: boolean,
): string {
  const share = bar(step / stepsPerEpoch, colours);
  return `epoch ${epoch}/${epochs} ${share} ${step}/${stepsPerEpoch}  ${formatLogs(logs)}  ${
    formatTimeLeft(secondsLeft)
  } left`;
}

/**
 * A callback that reports progress as text: on a terminal a bar with the time
 * left, and a line for each epoch. `fit`'s `verbose` makes one that writes to
 * standard error.
 *
 * @example Lines as an array
 * ```ts
 * import { createKernel, Dense, Sequential, textReporter } from "@densemark/densemark";
 *
 * await using kernel = await createKernel("blocked");
 * using model = new Sequential([new Dense(kernel, { units: 1 })]);
 * model.compile({ loss: "mse", optimizer: "sgd" });
 * const lines: string[] = [];
 * const callbacks = [textReporter({ write: (text) => lines.push(text) })];
 * await model.fit([[0], [1]], [0, 2], { epochs: 2, callbacks });
 * if (lines.length !== 2 || !lines[0]!.startsWith("epoch 1/2  loss ")) throw new Error(lines[0]);
 * ```
 *
 * @throws {ArgumentError} where an option is missing, unknown or not allowed.
 */
export function textReporter(options: ReporterOptions): Callback {
  const { write, terminal = false, colours = false } = checkOptions<ReporterOptions>(
    "textReporter()",
    options,
    { write: callable, terminal: boolean, colours: boolean },
  );
  if (write === undefined) {
    throw new ArgumentError("textReporter() needs write, a function of a text");
  }
  let epochs = 0;
  let begun = 0;
  let shown = false;
  const clear = () => {
    if (shown) write("\r\x1b[K");
    shown = false;
  };
  return {
    onTrainBegin(run) {
      epochs = run.epochs;
    },
    onEpochBegin() {
      begun = performance.now();
    },
    onProgress(progress) {
      if (!terminal || progress.step === progress.stepsPerEpoch) return;
      clear();
      write(progressLine(progress, colours));
      shown = true;
    },
    onEpochEnd(epoch, logs) {
      clear();
      const took = formatDuration((performance.now() - begun) / 1e3);
      write(`epoch ${epoch}/${epochs}  ${formatLogs(logs)}  ${took}\n`);
    },
    onTrainEnd(stopped) {
      clear();
      if (stopped) write(`${stopped.message}\n`);
    },
  };
}

/** What a runtime may say of its standard error. */
interface Runtime {
  readonly Deno?: {
    readonly noColor: boolean;
    readonly stderr: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number };
  };
  readonly process?: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly stderr?: { readonly isTTY?: boolean; write(text: string): void };
  };
  readonly console: { log(text: string): void };
}

/** The reporter of `fit`'s option `verbose`: 1 with a bar where there is a terminal, 2 without. */
export function reporterOf(verbose: 1 | 2): Callback {
  const { Deno: deno, process: node, console: page } = globalThis as unknown as Runtime;
  if (deno?.stderr) {
    const encoder = new TextEncoder();
    return textReporter({
      write: (text) => deno.stderr.writeSync(encoder.encode(text)),
      terminal: verbose === 1 && deno.stderr.isTerminal(),
      colours: !deno.noColor,
    });
  }
  if (node?.stderr) {
    const { stderr, env } = node;
    return textReporter({
      write: (text) => stderr.write(text),
      terminal: verbose === 1 && stderr.isTTY === true,
      colours: !env.NO_COLOR,
    });
  }
  return textReporter({ write: (text) => page.log(text.trimEnd()) });
}
