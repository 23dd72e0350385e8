/**
 * The layers of a stored model, taken one after the other and brought into the
 * form that kernels compute. Layers that only scale and shift are folded into
 * Dense ones. The shape of one example is followed through all of them, so that
 * layers may move its axes and work along any of them: an example is one row
 * then, which a layer along its last axis takes as several.
 *
 * @module
 */
import { ArgumentError, errorLine, ShapeError } from "../common/errors.ts";
import { failWith, JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { formatShape } from "../kernels/checks.ts";
import type { ActivationFunction } from "../layers/activation_function.ts";
import { getActivation } from "../layers/activations.ts";
import type { KerasVersion } from "../layers/keras_objects.ts";
import type { Quantization } from "../layers/quantization.ts";
import { activationIn, activationOfLayer, plainActivation } from "./activation_names.ts";
import { type Affine, affineOf } from "./affine.ts";
import { ModelFileError } from "./errors.ts";
import { columns, compose, diagonal, foldBefore, foldBehind, type Folding } from "./fold.ts";
import { decodedKernel, quantizationIn, unitsOf } from "./quantized.ts";
import { type Axes, sizeOf, tiled, withTarget } from "./sample_shapes.ts";
import { decodeFinite, dtypeNamed, type Numbers } from "./stored_array.ts";
import { bytesOfWeight, type StoredLayer, type StoredWeight } from "./stored_model.ts";

// All weights together, 512 MiB: every kernel has a copy, and most a packed one too.
const mostWeights = 2 ** 27;

/** A layer, and the axes before the last of what it gets; null where they are not known. */
export interface Placed {
  readonly layer: Folding;
  readonly lead: Axes | null;
}

/** What scales and shifts the input of the next layer. */
interface Pending {
  readonly affine: Affine;
  readonly name: string;
}

/** The state of going through the layers. */
export class Runner {
  readonly placed: Placed[] = [];
  readonly notes: string[] = [];
  /** Whether a row is a whole example. */
  byExample = false;
  readonly #floats = new Map<Numbers, Float32Array>();
  #pending: Pending | null = null;
  /** The axes but the first of what the next layer gets; null where they are not known. */
  #shape: Axes | null;
  /** The length of its last axis; null where it is not known. */
  #width: number | null;
  #weights = 0;

  constructor(readonly file: string, inputShape: Axes | null) {
    this.#shape = inputShape?.length ? inputShape : null;
    this.#width = inputShape?.at(-1) ?? null;
  }

  /** Ends the running at a layer. */
  fail(layer: Pick<StoredLayer, "name" | "className">, reason: string): never {
    throw new ModelFileError(
      `${this.file}: the layer ${quote(layer.name)} (${layer.className}) ${reason}`,
    );
  }

  #fieldsOf(layer: StoredLayer): JsonFields {
    const what = `${this.file}: the layer ${quote(layer.name)} (${layer.className})`;
    return new JsonFields(layer.config, failWith(ModelFileError, what));
  }

  #float32(layer: StoredLayer, weight: StoredWeight): Float32Array {
    const known = this.#floats.get(weight.values);
    if (known) return known;
    const what = `${this.file}: the ${weight.name} of ${quote(layer.name)}`;
    const { values, dtype } = weight;
    this.#weights += values.length;
    if (this.#weights > mostWeights) {
      throw new ModelFileError(
        `${what}: the weights are more than ${mostWeights} numbers together`,
      );
    }
    const bytes = bytesOfWeight(weight);
    const whole = bytes.byteLength === values.buffer.byteLength ? bytes : bytes.slice();
    const format = dtypeNamed(dtype)!;
    const decoded = decodeFinite(what, format, whole);
    // What is quantized is noted where it is decoded.
    if (dtype !== "float32" && !layer.weights.some(({ name }) => name === "kernel_scale")) {
      this.notes.push(
        `${quote(`${layer.name}/${weight.name}`)} is ${dtype}, ${
          format.exact ? "exact in" : "rounded to"
        } float32`,
      );
    }
    const floats = values instanceof Float32Array ? values : decoded;
    this.#floats.set(values, floats);
    return floats;
  }

  get #last(): Folding | undefined {
    return this.placed.at(-1)?.layer;
  }

  /** Adds a layer along the last axis. */
  #add(layer: Folding): void {
    this.placed.push({ layer, lead: this.#shape?.slice(0, -1) ?? null });
    this.#width = layer.units;
    if (this.#shape) this.#shape = [...this.#shape.slice(0, -1), layer.units];
  }

  /** Adds a layer that keeps the shape, of which it takes all of an example as one row. */
  #addWhole(layer: Folding): void {
    this.byExample = true;
    this.placed.push({ layer, lead: [] });
  }

  /** The numbers of an example; ends the running where they are not known. */
  #sizeFor(layer: StoredLayer): number {
    return sizeOf(this.#shape) ??
      this.fail(layer, "needs to know the shape of its input, which the file does not say");
  }

  /** Gives what scales and shifts a layer of its own. */
  #settle(layer: Pick<StoredLayer, "name" | "className">): void {
    if (!this.#pending) return;
    const { affine, name } = this.#pending;
    const { length } = affine.scale;
    const width = this.#width ?? (length > 1 ? length : null);
    if (width === null) this.fail(layer, `needs to know how many columns ${quote(name)} scales`);
    this.#pending = null;
    this.#add(diagonal(name, affine, width) ?? columns(name, affine, width));
  }

  dense(layer: StoredLayer, version: KerasVersion): void {
    const byName = new Map(layer.weights.map((weight) => [weight.name, weight]));
    const kernel = byName.get("kernel")!;
    const [inputs] = kernel.shape as [number, number];
    const quantization = quantizationIn(layer.config);
    const units = quantization ? unitsOf(layer.config, kernel) : kernel.shape[1]!;
    const fields = this.#fieldsOf(layer);
    const said = fields.maybe("units", () => fields.count("units", 1)) ?? units;
    if (inputs === 0 || units !== said) {
      this.fail(layer, `has ${said} units; its kernel is ${formatShape(kernel.shape)}`);
    }
    if (this.#width !== null && this.#width !== inputs) {
      if (this.placed.length > 0 || this.#pending) {
        this.fail(layer, `takes ${inputs} inputs; the layer before it gives ${this.#width}`);
      }
      throw new ModelFileError(
        `${this.file}: its input shape gives ${this.#width} inputs, its first Dense takes ${inputs}`,
      );
    }
    const activation = this.#read(layer, () => activationIn(layer.config, version));
    const stored = this.#float32(layer, kernel);
    const bias = byName.get("bias");
    let dense: Folding = {
      name: layer.name,
      activation: "linear",
      inputs,
      units,
      weight: quantization ? this.#decoded(layer, quantization, stored, units) : stored,
      bias: bias ? this.#float32(layer, bias) : null,
    };
    if (this.#pending) {
      const { affine, name } = this.#pending;
      const { length } = affine.scale;
      // Before a Flatten the columns are those of the last axis, which repeat.
      if (inputs % length !== 0 || (length !== inputs && length > 1 && !this.byExample)) {
        this.fail(layer, `takes ${inputs} inputs; ${quote(name)} scales ${length}`);
      }
      dense = foldBefore(dense, affine);
      this.#note(name, layer.name);
      this.#pending = null;
    }
    const fused = activation.ofKernel !== null || activation.formula !== null;
    this.#add(fused ? { ...dense, activation: plainActivation(activation) } : dense);
    if (!fused) this.#activate(layer, activation);
  }

  #note(name: string, into: string): void {
    this.notes.push(`${quote(name)} is folded into ${quote(into)}`);
  }

  #decoded(
    layer: StoredLayer,
    quantization: Quantization,
    kernel: Float32Array,
    units: number,
  ): Float32Array {
    const { mode, inputs } = quantization;
    this.notes.push(
      `${quote(layer.name)} is ${mode} and is run in float32 with its weights decoded${
        inputs ? "; Keras rounds its inputs to int8 too, and gives other results" : ""
      }`,
    );
    const [scale, zero] = ["kernel_scale", "kernel_zero"].map((wanted) => {
      const found = layer.weights.find(({ name }) => name === wanted);
      return found ? this.#float32(layer, found) : null;
    });
    const at = scale!.findIndex((each) => !(each > 0));
    if (at >= 0) {
      this.fail(layer, `has ${scale![at]} in its kernel_scale; numbers above 0 are read`);
    }
    const inAll = kernel.length * (mode === "int4" ? 2 : 1);
    if (inAll > mostWeights) this.fail(layer, `stands for more than ${mostWeights} numbers`);
    const decoded = decodedKernel(quantization, kernel, units, scale!, zero!);
    if (decoded.every(Number.isFinite)) return decoded;
    return this.fail(layer, "has a kernel that leaves float32's range when it is decoded");
  }

  affine(layer: StoredLayer): void {
    const fields = this.#fieldsOf(layer);
    this.#checkAxis(layer, fields);
    const weights = new Map(
      layer.weights.filter(({ name }) => name !== "count")
        .map((weight) => [weight.name, this.#float32(layer, weight)]),
    );
    const affine = affineOf(layer.className!, fields, weights);
    if (![...affine.scale, ...affine.shift].every(Number.isFinite)) {
      this.fail(layer, "scales by a number that is not finite");
    }
    const { length } = affine.scale;
    // A weight has a number for each column, and is not repeated where there is but one.
    const own = layer.weights.some(({ name, shape }) => name !== "count" && shape.length > 0);
    if (this.#width !== null ? length !== this.#width && (own || length > 1) : false) {
      this.fail(layer, `scales ${length} columns; the layer before it gives ${this.#width}`);
    }
    if (own) this.#width = length;
    const last = this.#last;
    const behind = !this.#pending && last?.weight && last.activation === "linear" &&
      last.units === this.#width;
    if (behind) {
      this.placed[this.placed.length - 1] = {
        ...this.placed.at(-1)!,
        layer: foldBehind(last, affine),
      };
      this.#note(layer.name, last.name);
      return;
    }
    this.#pending = this.#pending
      ? { affine: compose(this.#pending.affine, affine), name: layer.name }
      : { affine, name: layer.name };
  }

  /** How many axes the data have, with the batch's; without a known shape a row is one. */
  get #rank(): number {
    return (this.#shape?.length ?? 1) + 1;
  }

  /** Holds that a layer works along the last axis. */
  #checkAxis(layer: StoredLayer, fields: JsonFields): void {
    if (!fields.has("axis")) return;
    const value = fields.any("axis");
    const axes: readonly unknown[] = Array.isArray(value) ? value : [value];
    const fits = axes.every((axis) => axis === null || axis === -1 || axis === this.#rank - 1);
    if (!fits || axes.length > 1) {
      this.fail(layer, "works along another axis than the last, which is not run");
    }
  }

  /** Reads what layers/ refuses in its own words. */
  #read<T>(layer: StoredLayer, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ArgumentError || error instanceof ShapeError)) throw error;
      throw new ModelFileError(
        `${this.file}: the layer ${quote(layer.name)} (${layer.className}): ${errorLine(error)}`,
      );
    }
  }

  activation(layer: StoredLayer, version: KerasVersion): void {
    const { className, config } = layer;
    if (className === "Activation" && (config.activation ?? null) === null) {
      this.#fieldsOf(layer).fail("activation", "is missing");
    }
    const read = () =>
      className === "Activation"
        ? activationIn(config, version)
        : activationOfLayer(className!, config);
    this.#activate(layer, this.#read(layer, read));
  }

  /** The length of the last axis, for what follows no Dense. */
  #widthFor(layer: StoredLayer): number {
    this.#settle(layer);
    return this.#width ?? this.fail(
      layer,
      "stands before the first Dense, and the file does not say how many inputs there are",
    );
  }

  #activate(layer: StoredLayer, activation: ActivationFunction): void {
    const width = this.#widthFor(layer);
    const { name } = layer;
    const whole = { name, inputs: width, units: width, weight: null, bias: null };
    const { axis = -1 } = activation.parameters;
    const axes = (Array.isArray(axis) ? axis : [axis]).map((each: unknown) =>
      typeof each === "number" && each < 0 ? each + this.#rank : each
    );
    if (axes.length === 1 && axes[0] === this.#rank - 1) {
      const units = this.#read(layer, () => activation.outputColumns(width));
      const named = plainActivation(activation);
      const own = typeof named !== "string" && "axis" in named
        ? this.#read(layer, () => plainActivation(getActivation({ ...named, axis: -1 })))
        : named;
      return this.#add({ ...whole, units, activation: own });
    }
    if (axes.some((each) => each === null || each === 0)) {
      this.fail(layer, "works along the axis of the batch, and mixes examples");
    }
    if (!axes.every((each) => Number(each) > 0 && Number(each) < this.#rank)) {
      this.fail(layer, `works along the axis ${quote(axis)}; its data have ${this.#rank} axes`);
    }
    const size = this.#sizeFor(layer);
    this.#addWhole({
      ...whole,
      activation: plainActivation(activation),
      inputs: size,
      units: size,
      shape: this.#shape as readonly number[],
    });
  }

  /** A PReLU: slopes that are repeated along the axes in which their shape is 1. */
  slopes(layer: StoredLayer): void {
    const width = this.#widthFor(layer);
    const [alpha] = layer.weights;
    const values = this.#float32(layer, alpha!);
    const own = { name: layer.name, weight: null, bias: null };
    const short = alpha!.shape.slice(0, -1).every((axis) => axis === 1);
    const fit = tiled(values, alpha!.shape, short ? [width] : this.#shape);
    if (!fit) {
      this.fail(
        layer,
        `has an alpha of ${formatShape(alpha!.shape)}, which does not fit its input${
          this.#shape ? `, ${formatShape(this.#shape.map((axis) => axis ?? NaN))}` : ""
        }`,
      );
    }
    const activation = { name: "prelu", slopes: fit } as const;
    if (short) this.#add({ ...own, activation, inputs: width, units: width });
    else this.#addWhole({ ...own, activation, inputs: fit.length, units: fit.length });
  }

  reshape(layer: StoredLayer): void {
    const fields = this.#fieldsOf(layer);
    const { data_format: format = null } = layer.config;
    if (format !== null && format !== "channels_last" && (this.#shape?.length ?? 2) > 1) {
      this.fail(layer, `has the data_format ${quote(format)}, which moves numbers and is not run`);
    }
    const target = layer.className === "Flatten" ? [-1] : fields.items("target_shape");
    if (this.#shape === null && this.placed.length > 0) {
      this.fail(layer, "needs to know the shape of its input, which the file does not say");
    }
    const found = withTarget(this.#shape, target);
    if (!found) {
      this.fail(
        layer,
        `gives ${formatShape(target as number[])}, which does not fit its input${
          this.#shape ? `, ${formatShape(this.#shape.map((axis) => axis ?? NaN))}` : ""
        }`,
      );
    }
    const rows = this.#shape?.length === 1 && found.length === 1;
    if (rows && this.placed.length > 0) return;
    // Columns that are scaled repeat in a longer row.
    const scaled = this.#pending?.affine.scale.length ?? 1;
    if (scaled > 1 && found.length > 1) this.#settle(layer);
    this.byExample = true;
    this.#shape = found;
    this.#width = found.at(-1) ?? null;
  }

  /** Adds what is left to scale and shift behind the last layer. */
  finish(): void {
    this.#settle({ className: "Rescaling", name: this.#pending?.name ?? "" });
  }
}
