/**
 * The workloads that a command names itself: shapes, sweeps of them and the
 * layers of a model file in place of a suite, and those of a suite by parts of
 * their names.
 *
 * @module
 */
import { type Option, type Options, textOf, UsageError, wholeNumberOf } from "../common/command.ts";
import { quote } from "../common/text.ts";
import type { Model } from "../models/model.ts";
import { readModelWhenAsked } from "../models/read_when_asked.ts";
import { modelWorkloads, usualBatch } from "./model_workloads.ts";
import { parseShapes, parseSweeps, sweepShapes } from "./shapes.ts";
import { labelOf, type Workload } from "./workload.ts";

/** What stands in place of a suite's name. */
export type OwnSuite = "shapes" | "model";

/** The options that name workloads of one's own. */
export const ownOptions: Readonly<Record<string, Option>> = {
  shape: {
    value: "MxNxK",
    help:
      "Time layers of these shapes in place of a suite: rows x units x inputs, with an activation behind a colon, as in 128x512x784:relu; several separated by commas.",
  },
  sweep: {
    value: "m=1..256",
    help:
      "Vary m, n or k of --shape: doubled from the first value to the last, or in steps, as in m=64..512:64. Several separated by commas make every combination.",
  },
  model: {
    value: "FILE",
    help:
      "Time each Dense layer of a model in place of a suite, and the whole network: a file as deno task inspect reads it. Its weights are not used.",
  },
  batch: {
    value: "N",
    help: `With --model, the rows of a batch. Default: ${usualBatch}, as in Keras.`,
  },
};

/** Workloads of one's own. */
export interface OwnWorkloads {
  readonly suite: OwnSuite;
  readonly workloads: readonly Workload[];
}

/** The model that `--model` names; null without one. */
export async function readNamedModel(given: Options): Promise<Model | null> {
  const path = textOf(given, "model");
  return path === undefined || given.given.has("help") ? null : await readModelWhenAsked(path);
}

/**
 * The workloads that the command names itself; null where it names none.
 *
 * @param model what {@linkcode readNamedModel} read
 * @throws {UsageError} where options do not go together, or name nothing that can be timed.
 */
export function ownWorkloads(given: Options, model: Model | null): OwnWorkloads | null {
  const [shape, sweep, batch] = ["shape", "sweep", "batch"].map((name) => textOf(given, name));
  const ways = ["suite", "shape", "model"].filter((name) => given.given.has(name));
  if (ways.length > 1) {
    throw new UsageError(`--${ways[0]} and --${ways[1]} both say what is timed; give one of them`);
  }
  if (sweep !== undefined && shape === undefined) {
    throw new UsageError("--sweep needs --shape, the shape that it varies, as in 128x512x784:relu");
  }
  if (batch !== undefined && !given.given.has("model")) {
    throw new UsageError("--batch is for --model; --shape and --sweep m=… have rows of their own");
  }
  if (shape !== undefined) {
    const sweeps = sweep === undefined ? [] : parseSweeps(sweep);
    return { suite: "shapes", workloads: sweepShapes(parseShapes(shape), sweeps) };
  }
  if (model === null) return null;
  const rows = wholeNumberOf(given, "batch", { low: 1, high: 65_536, otherwise: usualBatch });
  return { suite: "model", workloads: modelWorkloads(model, rows) };
}

/**
 * The workloads whose name contains one of these texts.
 *
 * @param where What has none with such a name, as the message begins: `no workload of quick`.
 * @throws {UsageError} where a text is in no name: it would be ignored.
 */
export function selectWorkloads(
  workloads: readonly Workload[],
  parts: readonly string[],
  where: string,
): Workload[] {
  const missed = parts.find((part) => !workloads.some(({ name }) => name.includes(part)));
  if (missed !== undefined) {
    const names = [...new Set(workloads.map(labelOf))].join(", ");
    throw new UsageError(`${where} contains ${quote(missed)}; there are ${names}`);
  }
  return workloads.filter(({ name }) => parts.some((part) => name.includes(part)));
}
