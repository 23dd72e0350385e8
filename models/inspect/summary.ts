/**
 * What a model file holds, as data and as text: its layers with their shapes,
 * activations, parameters and formats of numbers, and whether it can be run.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";
import { formatCount, formatWhole } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { cleanText, quotePath } from "../../common/text.ts";
import { formatBytes } from "../../common/units.ts";
import { elementsOf } from "../stored_array.ts";
import { runnableOf } from "../runnable.ts";
import {
  type ConfigValue,
  parametersOf,
  type StoredLayer,
  type StoredModel,
  weightBytesOf,
} from "../stored_model.ts";

/** An array of a layer, without its numbers. */
export interface WeightSummary {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A layer without its numbers. */
export interface LayerSummary {
  readonly name: string;
  /** Keras's class; null where the file has weights alone. */
  readonly className: string | null;
  /** As the file says it; null where the layer has none. */
  readonly activation: string | null;
  readonly parameters: number;
  readonly weights: readonly WeightSummary[];
}

/** A model file without its numbers. */
export interface ModelSummary {
  readonly schema: "densemark-model-summary/1";
  readonly file: string;
  readonly format: string;
  readonly producer: string | null;
  /** The axes but the first; null where the file does not say. */
  readonly inputShape: readonly (number | null)[] | null;
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** Of the weights, in the formats of the file. */
  readonly bytes: number;
  /** Whether `verify --model` and `bench --model` take it. */
  readonly runnable: boolean;
  /** Why it cannot be run; null where it can. */
  readonly reason: string | null;
  /** What was decoded on reading, and what is folded to run it. */
  readonly notes: readonly string[];
}

/** The name of an activation that a configuration gives by name, or as an object. */
function nameOf(value: ConfigValue | undefined): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { class_name: kind, config } = value as Readonly<Record<string, ConfigValue>>;
  return kind === "function" ? nameOf(config) : nameOf(kind);
}

function layerSummary({ name, className, config, weights }: StoredLayer): LayerSummary {
  return {
    name,
    className,
    activation: nameOf(config.activation) ?? (className === "Dense" ? "linear" : null),
    parameters: parametersOf({ layers: [{ name, className, config, weights }] }),
    weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
  };
}

/** Why a model cannot be run, and what was noted where it can. */
function runOf(model: StoredModel): Pick<ModelSummary, "runnable" | "reason" | "notes"> {
  try {
    return { runnable: true, reason: null, notes: runnableOf(model).notes };
  } catch (error) {
    if (!(error instanceof DensemarkError)) throw error;
    return { runnable: false, reason: error.message, notes: model.notes };
  }
}

/** A model without its numbers. */
export function summaryOf(model: StoredModel): ModelSummary {
  const { name, format, producer, inputShape, layers } = model;
  return {
    schema: "densemark-model-summary/1",
    file: name,
    format,
    producer,
    inputShape,
    layers: layers.map(layerSummary),
    parameters: parametersOf(model),
    bytes: weightBytesOf(model),
    ...runOf(model),
  };
}

const axes = (shape: readonly (number | null)[]) =>
  `[${shape.map((axis) => axis ?? "?").join(", ")}]`;

/** `kernel [784, 32], bias [32]`. */
function formatWeights({ weights }: LayerSummary): string {
  return weights.map(({ name, shape }) => `${cleanText(name, 40)} ${axes(shape)}`).join(", ");
}

function dtypesOf({ weights }: LayerSummary): string {
  return [...new Set(weights.map(({ dtype }) => dtype))].join(", ");
}

/** A summary as lines of text. */
export function formatSummary(summary: ModelSummary): string {
  const { layers, parameters, bytes, inputShape, producer, notes, reason } = summary;
  const rows = layers.map((layer) => [
    cleanText(layer.name, 40) || "(none)",
    cleanText(layer.className ?? "weights", 40),
    cleanText(layer.activation ?? "", 40),
    layer.parameters === 0 ? "" : formatWhole(layer.parameters),
    dtypesOf(layer),
    formatWeights(layer),
  ]);
  const hasRows = layers.some(({ weights }) => weights.some(({ shape }) => elementsOf(shape) > 0));
  return [
    `${quotePath(summary.file)}: ${summary.format}${
      producer ? `, by ${cleanText(producer, 80)}` : ""
    }`,
    `input: ${inputShape === null ? "not said" : axes([null, ...inputShape])}`,
    "",
    ...alignColumns(
      [["layer", "class", "activation", "parameters", "dtype", "weights"], ...rows],
      [3],
    ),
    "",
    `${formatCount(layers.length, "layer")}, ${formatCount(parameters, "parameter")}${
      hasRows ? `, ${formatBytes(bytes)}` : ""
    }`,
    ...notes.map((note) => `note: ${cleanText(note, 240)}`),
    reason === null
      ? "It can be run: deno task verify --model and deno task bench --model take it."
      : `It cannot be run: ${cleanText(reason, 600)}`,
  ].join("\n");
}
