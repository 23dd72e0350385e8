/**
 * Networks against their layers one by one, on the same kernel and to the bit:
 * random sizes and activations, rows that change from call to call, weights that
 * change between calls in every way, and two networks that share weights by turns.
 * Only for kernels that have the operation.
 *
 * @module
 */
import type { Random } from "../../common/random.ts";
import { type Activation, activations } from "../../kernels/activation.ts";
import type { Kernel, KernelTraits, NetworkLayer, Tensor } from "../../kernels/kernel.ts";
import { type Case, type Context, type Effort, floats, Workspace } from "../check.ts";
import { compareExact, type Outcome, outcomeOf } from "../compare.ts";
import { refusalsOfNetworks } from "./network_refusals.ts";

/** A network that is being tried, and what its layers are made of. */
interface Subject {
  readonly sizes: readonly number[];
  readonly layers: NetworkLayer[];
}

function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.between(0, values.length - 1)]!;
}

/** Sizes on both sides of a tile's and of a chunk's edges. */
function sizesOf({ tile: { nr, kc } }: KernelTraits, random: Random): number[] {
  const edges = [
    1,
    2,
    3,
    5,
    8,
    17,
    Math.min(nr, 64) - 1,
    Math.min(nr, 64) + 1,
    Math.min(kc, 64) + 3,
  ];
  return Array.from({ length: random.between(3, 6) }, () => Math.max(1, oneOf(random, edges)));
}

/** Of what a case's networks are made, by turns. */
const kinds = ["any", "linear, without bias", "softmax", "many", "relu", "wide"] as const;

/** Networks that a kernel may be tempted to compute otherwise: more layers than it keeps records of, or than most have, no rows, a size of 0, rows far from each other before many columns, layers that share weights and biases. */
const oddKinds = ["long", "deep", "without rows", "hollow", "far", "tied"] as const;

/** One of {@linkcode kinds} or {@linkcode oddKinds}. */
type Kind = typeof kinds[number] | typeof oddKinds[number];

function drawActivation(kind: Kind, random: Random): Activation {
  // Of which nothing of an earlier layer is lost.
  if (kind === "linear, without bias" || kind === "deep") return "linear";
  return kind === "softmax" || kind === "relu" ? kind : oneOf(random, activations);
}

function drawNetwork(
  space: Workspace,
  sizes: readonly number[],
  kind: Kind,
  random: Random,
): Subject {
  const fewBiases = kind === "linear, without bias" ? 1 : kind === "deep" ? 0 : 0.25;
  const layers = sizes.slice(1).map((n, i): NetworkLayer => {
    const k = sizes[i]!;
    const far = 1 / Math.sqrt(k);
    return {
      weight: space.tensor([k, n], floats(k * n, -far, far, random)),
      bias: random.uniform() < fewBiases ? null : space.tensor([n], floats(n, -0.5, 0.5, random)),
      activation: drawActivation(kind, random),
    };
  });
  if (kind !== "tied") return { sizes, layers };
  // Each weight and each bias of some layers, so that neither names the other.
  const tied = layers.map(({ activation }): NetworkLayer => ({
    weight: oneOf(random, layers.slice(0, 2)).weight,
    bias: oneOf(random, layers.slice(0, 3)).bias,
    activation,
  }));
  return { sizes, layers: tied };
}

/** Changes a weight or bias of a network in one of the ways that there are; the text says how. */
function change({ layers }: Subject, kernel: Kernel, random: Random): string {
  const { weight, bias } = oneOf(random, layers);
  const [k = 0, n = 0] = weight.shape;
  using space = new Workspace(kernel);
  switch (random.between(0, 5)) {
    case 0:
      weight.write(floats(k * n, -0.5, 0.5, random));
      return "a weight was written";
    case 1: {
      const [a, b] = [space.tensor([k, 2], floats(2 * k, -0.5, 0.5, random)), [2, n]];
      const right = space.tensor(b, floats(2 * n, -0.5, 0.5, random));
      kernel.matmul(a, right, weight, { accumulate: true });
      return "a product was added to a weight";
    }
    case 2:
      bias?.write(floats(n, -0.5, 0.5, random));
      return "a bias was written";
    case 3:
      if (bias) kernel.sumRows(space.tensor([3, n], floats(3 * n, -0.2, 0.2, random)), bias);
      return "a bias was made of sums of rows";
    default:
      return "nothing was changed";
  }
}

/** Replaces a layer's weight by another tensor, the old one freed, in the same array. */
function exchange(subject: Subject, kernel: Kernel, space: Workspace, random: Random): string {
  const { weight: old } = oneOf(random, subject.layers);
  const values = floats(old.size, -0.5, 0.5, random);
  const { shape } = old;
  old[Symbol.dispose]();
  const weight = space.use(kernel.tensor(shape, values));
  for (const [at, layer] of subject.layers.entries()) {
    if (layer.weight === old) subject.layers[at] = { ...layer, weight };
  }
  return "a weight was freed and another one took its place";
}

/** The result by one operation for each layer, on copies of the weights, of which nothing can have been kept. */
async function byLayers(
  space: Workspace,
  x: Tensor,
  layers: readonly NetworkLayer[],
): Promise<Float32Array> {
  const copyOf = async (tensor: Tensor) => space.tensor(tensor.shape, await tensor.read());
  let before = x;
  for (const { weight, bias, activation } of layers) {
    const y = space.output([x.shape[0]!, weight.shape[1]!]);
    const [ownWeight, ownBias] = [await copyOf(weight), bias && await copyOf(bias)];
    space.kernel.dense(before, ownWeight, ownBias, activation, y);
    before = y;
  }
  return await before.read();
}

/** One call, compared; null where all is right. */
async function faultOfCall(
  kernel: Kernel,
  { sizes, layers }: Subject,
  rows: number,
  random: Random,
): Promise<string | null> {
  using space = new Workspace(kernel);
  const inputs = sizes[0]!;
  const values = floats(rows * inputs, -1, 1, random);
  const [x, y] = [space.tensor([rows, inputs], values), space.output([rows, sizes.at(-1)!])];
  const inputTensors = [
    x,
    ...layers.flatMap(({ weight, bias }) => bias ? [weight, bias] : [weight]),
  ];
  const [{ version }, versions] = [y, inputTensors.map((tensor) => tensor.version)];
  kernel.network!(x, layers, y);
  if (y.version <= version) return "it does not raise the version of y";
  if (inputTensors.some((tensor, i) => tensor.version !== versions[i])) {
    return "it raises the version of an input";
  }
  const [got, want] = await Promise.all([y.read(), byLayers(space, x, layers)]);
  const { problem } = compareExact("y", got, want, sizes.at(-1)!);
  if (problem !== null) return `${problem}, where want is by dense() of each layer`;
  return compareExact("x", await x.read(), values, inputs).problem;
}

/** The sizes of a case's networks, the rows that they are called with, and how often. */
function planOf(kind: Kind, traits: KernelTraits, random: Random) {
  const sizes = [20, 1030, 33, 7];
  // Of many, what is kept of each does not fit side by side.
  if (kind === "many") return { sizes, rowsOf: [5, 1, 2, 6], calls: 40 };
  if (kind === "long") {
    const long = Array.from({ length: 260 }, () => random.between(1, 5));
    return { sizes: long, rowsOf: [1, 3, 20], calls: 3 };
  }
  if (kind === "deep") return { sizes: Array(18).fill(6), rowsOf: [1, 5, 33], calls: 4 };
  if (kind === "without rows") return { sizes: [3, 5, 2], rowsOf: [0], calls: 3 };
  if (kind === "far") return { sizes: [1030, 260, 515, 130, 3], rowsOf: [40, 2, 9], calls: 4 };
  if (kind === "tied") return { sizes: Array(7).fill(9), rowsOf: [1, 2, 5, 33], calls: 8 };
  if (kind === "hollow") return { sizes: [3, 0, 5, 2], rowsOf: [1, 4, 9], calls: 6 };
  // Of several blocks of rows.
  if (kind === "wide") return { sizes, rowsOf: [300, 5, 131], calls: 4 };
  const rowsOf = [1, 2, 3, 4, 5, 8, Math.min(traits.tile.mr, 16) + 1, 37, 70];
  return { sizes: sizesOf(traits, random), rowsOf, calls: 14 };
}

async function run(
  kernel: Kernel,
  random: Random,
  kind: Kind,
  alone: boolean,
): Promise<Outcome> {
  const before = kernel.memory?.() ?? 0;
  {
    using space = new Workspace(kernel);
    const { sizes, rowsOf, calls } = planOf(kind, kernel.traits, random);
    const first = drawNetwork(space, sizes, kind, random);
    // Of the same tensors, but for one, in another array.
    const second: Subject = { sizes, layers: [...first.layers] };
    const at = random.between(0, sizes.length - 2);
    second.layers[at] = { ...first.layers[at]!, activation: oneOf(random, activations) };
    // Comes back between many others as it was, after what was kept of it may have made room for theirs.
    const returning = kind === "many" ? drawNetwork(space, sizes, kind, random) : null;
    let changed = first;
    for (let call = 0; call < calls; call++) {
      const how = change(changed, kernel, random);
      if (random.uniform() < 0.4) changed = changed === first ? second : first;
      const returns = returning !== null && call % 6 === 5;
      const subject = returns ? returning : changed;
      if (kind === "many" && !returns) {
        subject.layers[0] = { ...subject.layers[0]!, activation: oneOf(random, activations) };
      }
      const rows = returns ? 6 : rowsOf[call] ?? oneOf(random, rowsOf);
      const fault = await faultOfCall(kernel, subject, rows, random);
      if (fault === null) continue;
      return outcomeOf(
        `call ${call + 1} of network(), [${
          sizes.join(", ")
        }] on ${rows} rows after ${how}: ${fault}`,
      );
    }
    const how = exchange(first, kernel, space, random);
    const fault = await faultOfCall(kernel, first, oneOf(random, rowsOf), random);
    if (fault !== null) return outcomeOf(`network() after ${how}: ${fault}`);
  }
  await kernel.finished();
  const after = kernel.memory?.() ?? 0;
  return outcomeOf(
    alone && after > before
      ? `memory() is ${after} after a network's tensors were disposed; it was ${before} before`
      : null,
  );
}

/** The cases, as a part of a check of that name; none for a kernel without networks. */
export function networkCases(
  name: string,
  kernel: Kernel,
  effort: Effort,
  { create, second = null }: Pick<Context, "create" | "second">,
): Case[] {
  if (!kernel.network) return [];
  const count = { smoke: 6, quick: 16, full: 100 }[effort];
  const cases = Array.from({ length: count }, (_, i): Case => {
    const kind = kinds[i % kinds.length]!;
    return {
      id: `${name}/networks/${i}`,
      run: async (own, random) => {
        if (!create || (i + Math.floor(i / kinds.length)) % 2 === 1) {
          return await run(own, random, kind, false);
        }
        // As a program makes it that says nothing of threads: small networks are then for one of them.
        // Nothing else runs on it: at first a new one, then the shared one, since threads take longer
        // to start.
        if (i > 0 && second) return await run(await second(), random, kind, true);
        await using another = await create({});
        return await run(another, random, kind, true);
      },
    };
  });
  const odd = oddKinds.map((kind): Case => ({
    id: `${name}/networks/${kind.replaceAll(" ", "-")}`,
    run: (own, random) => run(own, random, kind, false),
  }));
  return [...cases, ...odd, refusalsOfNetworks(name, create)];
}
