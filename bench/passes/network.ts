/**
 * A whole network, end to end: `Sequential.predict` on the layers of a network,
 * with the tensors between them made and freed in each call, as for a user. Its
 * numbers are real ones, for which no exact check exists. The batch repeats a few
 * rows, so that for each layer a float64 reference of a few rows suffices to hold
 * every output within the rigorous bound for that layer's input.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import { createRandom, type Random, seedOf } from "../../common/random.ts";
import { isActivation } from "../../kernels/activation.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Model, ModelActivation, ModelLayer } from "../../models/model.ts";
import { sequentialOf } from "../../models/sequential.ts";
import type { Verification } from "../../results/schema.ts";
import { floats } from "../../verify/check.ts";
import { compareBounded, compareExact, merge, type Outcome } from "../../verify/compare.ts";
import { aloneOf, ExactNetwork, stageBounds } from "../../verify/model/network.ts";
import type { CheckedCell } from "../contender.ts";
import { isDrawn, type NetworkStep, type Workload } from "../workload.ts";

const distinctRows = 5;

/** What a network of Dense layers computes. */
function stepsOf({ layers = [] }: Workload): NetworkStep[] {
  return layers.map(({ k, n, activation, bias }) => {
    if (!isActivation(activation)) throw new TypeError(`${activation} is none of the contract`);
    return { inputs: k, units: n, activation, weight: true, bias: bias !== false };
  });
}

/** Numbers for each column, where an activation has them. */
function drawnActivation(
  activation: NetworkStep["activation"],
  columns: number,
  random: Random,
): ModelActivation {
  if (!isDrawn(activation)) return activation;
  if (activation.name === "prelu") {
    return { name: "prelu", slopes: floats(columns, 0, 0.5, random) };
  }
  return {
    name: "affine",
    scale: floats(columns, 0.5, 1.5, random),
    shift: floats(columns, -0.1, 0.1, random),
  };
}

/** A layer with numbers of its own, its weights as wide as Keras draws them (Glorot & Bengio, 2010). */
function drawnLayer(step: NetworkStep, name: string, random: Random): ModelLayer {
  const { inputs, units, weight, bias } = step;
  const limit = Math.sqrt(6 / (inputs + units));
  return {
    ...step,
    name,
    activation: drawnActivation(step.activation, inputs, random),
    weight: weight ? floats(inputs * units, -limit, limit, random) : null,
    bias: bias ? floats(units, -0.1, 0.1, random) : null,
  };
}

/** A network's forward pass, ready to be timed. */
export function prepareNetwork(kernel: Kernel, workload: Workload, seed: number): CheckedCell {
  const { m, k, name, steps = stepsOf(workload) } = workload;
  const random = createRandom(seedOf(name, seed));
  const few = floats(Math.min(m, distinctRows) * k, -1, 1, random);
  const values = new Float32Array(m * k);
  for (let row = 0; row < m; row++) {
    const from = row < few.length / k ? row : random.between(0, few.length / k - 1);
    values.set(few.subarray(from * k, (from + 1) * k), row * k);
  }
  const layers = steps.map((step, i) =>
    drawnLayer(step, `layer_${i + 1}`, createRandom(seedOf(`${name}/${i}`, seed)))
  );
  const network: Model = { name, layers, inputs: k, flatten: true, notes: [] };
  using made = new DisposableStack();
  const model = made.use(sequentialOf(kernel, network));
  const x = made.use(kernel.tensor([m, k], values));
  const owned = made.move();
  let y = kernel.tensor([0, 0]);
  const run = (): void => {
    const next = model.predict(x);
    y[Symbol.dispose]();
    y = next;
  };
  return {
    run,
    finished: () => kernel.finished(),
    output: () => y.read(),
    check: async () => {
      run();
      const outcome = await checkLayers(kernel, layers, values, m, await y.read());
      return verificationOf(outcome, m, layers.length);
    },
    [Symbol.dispose]: () => {
      y[Symbol.dispose]();
      owned.dispose();
    },
  };
}

function verificationOf({ worst, problem }: Outcome, m: number, layers: number): Verification {
  return {
    status: problem === null ? "passed" : "failed",
    detail: problem ??
      `every output of ${
        layers === 1 ? "the layer" : `all ${layers} layers`
      } on ${m} rows within its rigorous error bound`,
    worst: Number.isFinite(worst) ? worst : null,
  };
}

/** Runs the layers one by one and checks each on the output of the one before; the last must give `y`. */
async function checkLayers(
  kernel: Kernel,
  layers: readonly ModelLayer[],
  input: Float32Array,
  m: number,
  y: Float32Array,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  let values = input;
  for (const [i, layer] of layers.entries()) {
    using alone = sequentialOf(kernel, aloneOf(layer));
    const rows = m * (layer.rows ?? 1);
    using x = kernel.tensor([rows, layer.inputs], values);
    using out = alone.predict(x);
    const got = await out.read();
    outcomes.push(checkLayer(kernel, layer, `layer ${i + 1}`, values, got, rows));
    values = got;
  }
  outcomes.push(compareExact("predict()", y, values, values.length / m));
  return merge(outcomes);
}

/** The rows that differ in bits, and for each row which of them it is. */
function groupRows(values: Float32Array, m: number): { of: Int32Array; rows: Float32Array } {
  const k = values.length / m;
  const bits = bitPatterns(values);
  const firsts: number[] = [];
  const of = new Int32Array(m);
  const same = (a: number, b: number): boolean => {
    for (let p = 0; p < k; p++) if (bits[a * k + p] !== bits[b * k + p]) return false;
    return true;
  };
  for (let row = 0; row < m; row++) {
    const known = firsts.findIndex((first) => same(first, row));
    of[row] = known >= 0 ? known : firsts.push(row) - 1;
  }
  const rows = new Float32Array(firsts.length * k);
  for (const [i, first] of firsts.entries()) {
    rows.set(values.subarray(first * k, (first + 1) * k), i * k);
  }
  return { of, rows };
}

function checkLayer(
  { traits }: Kernel,
  layer: ModelLayer,
  what: string,
  x: Float32Array,
  got: Float32Array,
  m: number,
): Outcome {
  const { of, rows } = groupRows(x, m);
  const { rows: _, ...own } = layer;
  const n = own.units;
  const terms = new ExactNetwork([own]).terms(0, rows, rows.length / own.inputs);
  const { want, edges } = stageBounds(own, terms, traits);
  const at = (i: number) => of[Math.floor(i / n)]! * n + i % n;
  return compareBounded(
    what,
    got,
    Float64Array.from(got, (_, i) => want[at(i)]!),
    (i) => {
      const { below, above } = edges(at(i));
      return got[i]! < want[at(i)]! ? below : above;
    },
    n,
  );
}
