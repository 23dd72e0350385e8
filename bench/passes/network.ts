/**
 * A whole network, end to end: `Sequential.predict` on Dense layers, with the
 * tensors between them made and freed in each call, as for a user. Its numbers
 * are real ones, for which no exact check exists. The batch repeats a few rows,
 * so that for each layer a float64 reference of a few rows suffices to hold
 * every output within the rigorous bound for that layer's input.
 *
 * @module
 */
import { bitPatterns } from "../../common/float_bits.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { Dense } from "../../layers/dense.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import { Sequential } from "../../layers/sequential.ts";
import type { Verification } from "../../results/schema.ts";
import { activationBounds } from "../../verify/activation_bounds.ts";
import { productBound } from "../../verify/bounds.ts";
import { floats } from "../../verify/check.ts";
import { compareBounded, compareExact, merge, type Outcome } from "../../verify/compare.ts";
import { referenceProduct } from "../../verify/reference.ts";
import type { CheckedCell } from "../contender.ts";
import type { Workload } from "../workload.ts";

const distinctRows = 5;

/** A network's forward pass, ready to be timed. */
export function prepareNetwork(kernel: Kernel, workload: Workload, seed: number): CheckedCell {
  const { m, k, name, layers = [] } = workload;
  const random = createRandom(seedOf(name, seed));
  const few = floats(Math.min(m, distinctRows) * k, -1, 1, random);
  const values = new Float32Array(m * k);
  for (let row = 0; row < m; row++) {
    const from = row < few.length / k ? row : random.between(0, few.length / k - 1);
    values.set(few.subarray(from * k, (from + 1) * k), row * k);
  }
  using made = new DisposableStack();
  const model = made.use(
    new Sequential(
      kernel,
      layers.map(({ n, activation, bias }, i) =>
        new Dense(kernel, {
          units: n,
          activation,
          seed: seedOf(`${name}/${i}`, seed),
          useBias: bias !== false,
          biasInitializer: floats(n, -0.1, 0.1, random),
        })
      ),
    ),
  );
  model.build([m, k]);
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
      const outcome = await checkLayers(model, values, m, await y.read());
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
      `every output of all ${layers} layers on ${m} rows within its rigorous error bound`,
    worst: Number.isFinite(worst) ? worst : null,
  };
}

/** Runs the layers one by one and checks each on the output of the one before; the last must give `y`. */
async function checkLayers(
  { kernel, layers }: Sequential<Dense>,
  input: Float32Array,
  m: number,
  y: Float32Array,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  let values = input;
  for (const [i, layer] of layers.entries()) {
    using x = kernel.tensor([m, values.length / m], values);
    using out = layer.predict(x);
    const got = await out.read();
    outcomes.push(await checkLayer(layer, `layer ${i + 1}`, values, got, m));
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

async function checkLayer(
  layer: Dense,
  what: string,
  x: Float32Array,
  got: Float32Array,
  m: number,
): Promise<Outcome> {
  const { kernel: { traits }, units: n } = layer;
  // Workloads have the activations of kernels alone.
  const activation = layer.activationFunction.ofKernel!;
  const [weight, bias] = await layer.getWeights();
  const { of, rows } = groupRows(x, m);
  const k = x.length / m;
  const few = rows.length / k;
  const { value: z, gauge } = referenceProduct({ m: few, n, k }, rows, weight!, {
    ...(bias && { bias }),
  });
  const deltaZ = z.map((value, i) =>
    productBound(traits, k, { value, gauge: gauge[i]! }, bias?.[i % n] ?? 0)
  );
  const { want, edges } = activationBounds(activation, z, deltaZ, n, traits);
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
