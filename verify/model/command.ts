/**
 * `deno task verify --model FILE`: a trained network on every kernel, and for
 * each kernel a table of its layers.
 *
 * @module
 */
import { bold } from "@std/fmt/colors";
import { print } from "../../common/command.ts";
import { formatCount } from "../../common/numbers.ts";
import { cleanText, quotePath } from "../../common/text.ts";
import { formatDuration } from "../../common/units.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { KernelName } from "../../kernels/registry.ts";
import { openKernel } from "../open_kernel.ts";
import { type ModelInput, randomInput, readInput } from "../../models/input.ts";
import type { Model } from "../../models/model.ts";
import { readModelWhenAsked } from "../../models/read_when_asked.ts";
import { affordableRows } from "./affordable_rows.ts";
import { formatModelReport, type ModelReport } from "./report.ts";
import { verifyModels } from "./verify_model.ts";

/** So many rows of random numbers, unless they take more than some seconds. */
const randomRows = 256;

/** What is verified, and on what. */
export interface ModelCommand {
  /** The model's file, of any format that is read. */
  readonly model: string;
  /** A .npy or .safetensors file; random numbers where it is undefined. */
  readonly input?: string | undefined;
  readonly kernels: readonly KernelName[];
  /** Of random input. */
  readonly seed: number;
  /** How many rows at most; default what takes some seconds. */
  readonly rows?: number | undefined;
}

/** What is verified, in the lines above the tables. */
function formatSubject(model: Model, { name, rows, of, seed, notes }: ModelInput): string[] {
  const products = model.layers.reduce(
    (sum, { inputs, units, weight, rows = 1 }) => sum + (weight ? rows * inputs * units : 0),
    0,
  );
  const from = seed === null
    ? `${rows === of ? `all ${rows}` : `the first ${rows} of ${of}`} rows of ${quotePath(name)}${
      rows === of ? "" : "; --rows N takes others"
    }`
    : `${rows} rows of random numbers in [-1, 1), seed ${seed}; --input FILE takes yours`;
  return [
    `${quotePath(model.name)}: ${
      formatCount(model.layers.length, "layer")
    }, ${products} multiply-adds a row`,
    `input: ${from}`,
    ...[...model.notes, ...notes].map((note) => `note: ${cleanText(note, 240)}`),
  ];
}

/** 0 where every kernel passed; 1 where one failed or none ran. */
export function exitCodeOf(reports: readonly Pick<ModelReport, "passed">[]): number {
  return reports.length > 0 && reports.every(({ passed }) => passed) ? 0 : 1;
}

/**
 * Verifies a model on kernels and prints what was found.
 *
 * @returns The exit code, see {@linkcode exitCodeOf}, and a report for each kernel that can run.
 * @throws {ModelFileError} one line where a file is wrong, before anything is computed.
 * @throws {ArgumentError} where the network leaves float32's range on this input.
 */
export async function verifyModelCommand(
  { model: modelPath, input: inputPath, kernels: names, seed, rows }: ModelCommand,
): Promise<{ readonly exitCode: number; readonly reports: ModelReport[] }> {
  const model = await readModelWhenAsked(modelPath);
  const affordable = affordableRows(model);
  const input = inputPath === undefined
    ? randomInput(model, seed, rows ?? Math.min(randomRows, affordable))
    : await readInput(inputPath, model, rows ?? affordable);
  for (const line of formatSubject(model, input)) print(line);
  await using stack = new AsyncDisposableStack();
  const kernels: Kernel[] = [];
  for (const name of names) {
    const kernel = await openKernel(name);
    if (kernel) kernels.push(stack.use(kernel));
  }
  const start = performance.now();
  const reports = await verifyModels(kernels, model, input);
  for (const report of reports) print(`\n${formatModelReport(report)}`);
  const failed = reports.filter(({ passed }) => !passed).length;
  const elapsed = formatDuration((performance.now() - start) / 1e3);
  print(bold(`\n${elapsed}: ${reports.length - failed} passed, ${failed} failed`));
  return { exitCode: exitCodeOf(reports), reports };
}
