/**
 * A network on one kernel: computes layer by layer, compares each result with
 * float64 from the same inputs, and continues with the kernel's own results, as
 * an application would. An error that the kernel throws is its failure, and ends
 * its run but not that of others.
 *
 * @module
 */
import { formatShort } from "../../common/numbers.ts";
import { cleanText, quote } from "../../common/text.ts";
import type { Activation } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { withinRange } from "../activation_bounds.ts";
import { unitInLastPlace } from "../bounds.ts";
import { Workspace } from "../check.ts";
import { ClassTally } from "./classes.ts";
import type { ModelInput } from "../../models/input.ts";
import { activationText, type Model } from "../../models/model.ts";
import { sequentialOf } from "../../models/sequential.ts";
import type { Sequential } from "../../layers/sequential.ts";
import {
  aloneOf,
  dimensionsOf,
  type ExactLayer,
  type ExactNetwork,
  propagate,
  stageBounds,
} from "./network.ts";
import type { ModelReport, Place } from "./report.ts";

/** The worst result of a layer so far. */
interface LayerWorst {
  place: Place | null;
  ulp: number;
}

/** A layer on the kernel: its operands where that computes it in one operation, else a stack of it alone. */
type Operands =
  | { readonly weight: Tensor | null; readonly bias: Tensor | null }
  | { readonly stack: Sequential };

/** The batch that is under way. */
interface Batch {
  readonly space: Workspace;
  readonly firstRow: number;
  readonly rows: number;
  /** The last layer's results, in the kernel's memory and here. */
  tensor: Tensor;
  values: Float32Array;
  /** How far they may lie from the float64 network's. */
  delta: Float64Array;
}

/** How many units in the last place two numbers lie apart, at the larger of them. */
function ulpsApart(got: number, want: number): number {
  const apart = Math.abs(got - want);
  return apart === 0 ? 0 : apart / unitInLastPlace(Math.max(Math.abs(got), Math.abs(want)));
}

/** |got − want| as a share of its bound; Infinity where one is not a number. */
function shareOf(got: number, want: number, bound: number): number {
  const error = Math.abs(withinRange(got) - want);
  const share = error === 0 ? 0 : error / bound;
  return Number.isNaN(share) ? Infinity : share;
}

/** A model on a kernel. Disposing it frees the weights. */
export class KernelRun implements Disposable {
  #problem: string | null = null;
  /** Whether the kernel threw or gave a result that is not finite, from which nothing can continue. */
  #ended = false;
  #batch: Batch | null = null;
  readonly #weights: Workspace;
  readonly #operands: Operands[] = [];
  readonly #worst: LayerWorst[];
  readonly #classes: ClassTally | null;
  #largest: Place | null = null;
  #share = 0;

  constructor(readonly kernel: Kernel, readonly model: Model, readonly network: ExactNetwork) {
    this.#weights = new Workspace(kernel);
    this.#worst = model.layers.map(() => ({ place: null, ulp: 0 }));
    const { units = 0, rows = 1 } = model.layers.at(-1) ?? {};
    const outputs = rows * units;
    this.#classes = outputs > 1 ? new ClassTally(outputs) : null;
    this.#guard("its weights", () => {
      // Layers that share an array share the tensor.
      const tensors = new Map<Float32Array, Tensor>();
      const once = (values: Float32Array | null, shape: number[]) => {
        if (!values) return null;
        const tensor = tensors.get(values) ?? this.#weights.tensor(shape, values);
        tensors.set(values, tensor);
        return tensor;
      };
      for (const layer of model.layers) {
        const { weight, bias, inputs, units, activation } = layer;
        this.#operands.push(
          typeof activation === "string"
            ? { weight: once(weight, [inputs, units]), bias: once(bias, [units]) }
            : { stack: this.#weights.use(sequentialOf(kernel, aloneOf(layer))) },
        );
      }
    });
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
  }

  /** Counts an error that the kernel throws as its failure. */
  #guard(where: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#threw(where, error);
    }
  }

  #threw(where: string, error: unknown): void {
    this.#fail(`${where}: the kernel threw ${cleanText(String(error), 240)}`);
    this.#ended = true;
  }

  /** Begins a batch: x [rows, inputs]. */
  begin(x: Float32Array, firstRow: number, rows: number): void {
    if (this.#ended) return;
    this.#guard("the input", () => {
      const space = new Workspace(this.kernel);
      try {
        const tensor = space.tensor([rows, this.model.inputs], x);
        const delta = new Float64Array(x.length);
        this.#batch = { space, firstRow, rows, tensor, values: x, delta };
      } catch (error) {
        space.dispose();
        throw error;
      }
    });
  }

  /** The batch, or null where this run has ended. */
  get #alive(): Batch | null {
    return this.#ended ? null : this.#batch;
  }

  async #compute(i: number, { space, tensor, rows }: Batch): Promise<Tensor> {
    const { activation, inputs, units, rows: per = 1 } = this.model.layers[i]!;
    const operands = this.#operands[i]!;
    const m = rows * per;
    // The rows of the layer before may have been others.
    const x = `${tensor.shape}` === `${[m, inputs]}`
      ? tensor
      : space.tensor([m, inputs], await tensor.read());
    if ("stack" in operands) {
      const y = space.use(operands.stack.predict(x));
      await this.kernel.finished();
      return y;
    }
    const y = space.output([m, units]);
    const own = activation as Activation;
    if (operands.weight) this.kernel.dense(x, operands.weight, operands.bias, own, y);
    else this.kernel.activate(own, x, y);
    await this.kernel.finished();
    return y;
  }

  /** Computes layer i and compares it; `exact` is the float64 network's. */
  async step(i: number, exact: ExactLayer): Promise<void> {
    const batch = this.#alive;
    const layer = this.model.layers[i];
    if (!batch || !layer) return;
    const where = `layer ${quote(layer.name)}`;
    const { traits } = this.kernel;
    // The first layer of the float64 network has the kernel's own inputs.
    const terms = i === 0 ? exact.terms : this.network.terms(i, batch.values, batch.rows);
    try {
      batch.tensor = await this.#compute(i, batch);
      batch.values = await batch.tensor.read();
    } catch (error) {
      this.#threw(where, error);
      return;
    }
    const { want, edges } = stageBounds(layer, terms, traits);
    this.#compare(i, batch, want, edges);
    if (!batch.values.every(Number.isFinite)) this.#ended = true;
    else batch.delta = propagate(layer, exact, batch.delta, traits, batch.rows);
  }

  #compare(
    i: number,
    { values, firstRow }: Batch,
    want: Float64Array,
    edges: (i: number) => { readonly below: number; readonly above: number },
  ): void {
    const layer = this.model.layers[i]!;
    const worst = this.#worst[i]!;
    for (let at = 0; at < want.length; at++) {
      const got = values[at] ?? NaN;
      const right = want[at] as number;
      if (got === right && worst.place) continue;
      const { below, above } = edges(at);
      const bound = got >= right ? above : below;
      const share = shareOf(got, right, bound);
      worst.ulp = Math.max(worst.ulp, Number.isFinite(got) ? ulpsApart(got, right) : 2 ** 24);
      if (worst.place && share <= worst.place.share) continue;
      const columns = layer.units * (layer.rows ?? 1);
      const row = firstRow + Math.floor(at / columns);
      worst.place = { row, column: at % columns, got, want: right, bound, share };
    }
    const { place } = worst;
    if (place && !(place.share <= 1)) {
      this.#fail(
        `layer ${
          quote(layer.name)
        } at [${place.row}, ${place.column}]: got ${place.got}, want ${place.want}, ${
          formatShort(place.share)
        } times the bound ${formatShort(place.bound)}`,
      );
    }
  }

  /**
   * Ends the batch: compares the last layer with the float64 network's.
   *
   * @returns The kernel's results, or null where it came to none.
   */
  end(want: Float64Array): Float32Array | null {
    const batch = this.#alive;
    this.#batch?.space.dispose();
    this.#batch = null;
    if (!batch) return null;
    const { values, delta, firstRow } = batch;
    const { units: own = 1, rows: per = 1 } = this.model.layers.at(-1) ?? {};
    const columns = own * per;
    for (let at = 0; at < want.length; at++) {
      const got = values[at] as number;
      const right = want[at] as number;
      const bound = delta[at] as number;
      const share = shareOf(got, right, bound);
      this.#share = Math.max(this.#share, share);
      const apart = Math.abs(got - right);
      const most = this.#largest;
      if (most && apart <= Math.abs(most.got - most.want)) continue;
      const row = firstRow + Math.floor(at / columns);
      this.#largest = { row, column: at % columns, got, want: right, bound, share };
    }
    // A class that changes beyond the bound fails here too: one of its two scores must be beyond.
    if (!(this.#share <= 1)) {
      this.#fail(`end to end: ${formatShort(this.#share)} times the propagated bound`);
    }
    this.#classes?.add(values, want, delta, firstRow);
    return values;
  }

  /** What was found. */
  report({ name, rows, of, seed, notes }: ModelInput): ModelReport {
    return {
      kernel: this.kernel.name,
      model: this.model.name,
      input: name,
      seed,
      rows,
      rowsGiven: of,
      passed: this.#problem === null,
      problem: this.#problem,
      notes: [...this.model.notes, ...notes],
      layers: this.model.layers.map((layer, i) => ({
        name: layer.name,
        activation: activationText(layer.activation),
        ...dimensionsOf(layer, rows),
        worst: this.#worst[i]?.place ?? null,
        maxUlp: this.#worst[i]?.ulp ?? 0,
      })),
      endToEnd: { largest: this.#largest, share: this.#share },
      classes: this.#classes?.report() ?? null,
    };
  }

  [Symbol.dispose](): void {
    this.#batch?.space.dispose();
    this.#weights.dispose();
  }
}
