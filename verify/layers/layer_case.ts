/**
 * How a layer is judged: its results, penalties, statistics and gradients on
 * batches of different sizes and magnitudes, each within the bound that its
 * reference gives. Gradients are derivatives of the reference along every
 * coordinate, so that no rule of backpropagation is shared with what is judged.
 *
 * @module
 */
import { normal, type Random, shuffle } from "../../common/random.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { readAll } from "../../kernels/read_all.ts";
import type { Layer } from "../../layers/layer.ts";
import { drawn } from "../check.ts";
import { compareBounded, compareExact, merge, type Outcome, outcomeOf } from "../compare.ts";
import { exactly } from "./activations.ts";
import type { Layers } from "./library.ts";
import { Quantity, type Rules, rulesOf, sumOf } from "./quantity.ts";

/** A variable of a layer. */
export interface VariableCase {
  readonly shape: readonly number[];
  /** Whether training changes it; default true. */
  readonly learns?: boolean;
  /** What all its elements are at first, where the layer says so. */
  readonly first?: number;
  /** Whether it is above 0, as a variance is; default false. */
  readonly positive?: boolean;
}

/** What a reference is given. */
export interface Given {
  readonly rules: Rules;
  readonly x: readonly Quantity[];
  readonly shape: readonly number[];
  readonly variables: Readonly<Record<string, readonly Quantity[]>>;
  readonly training: boolean;
}

/** What comes of it. */
export interface Expected {
  readonly y: readonly Quantity[];
  /** Default that of x. */
  readonly shape?: readonly number[];
  /** What is added to the loss. */
  readonly penalties?: readonly Quantity[];
  /** The statistics after it. */
  readonly statistics?: Readonly<Record<string, readonly Quantity[]>>;
}

/** A layer with its definition. */
export interface LayerCase {
  readonly name: string;
  /** The shape of an input; the first axis is the batch. */
  readonly shape: readonly number[];
  readonly make: (kernel: Kernel, layers: Layers) => Layer;
  /** In Keras's order. */
  readonly variables?: Readonly<Record<string, VariableCase>>;
  readonly expected: (given: Given) => Expected;
  /** What its last activation was applied to, where the layer takes gradients by it. */
  readonly beforeActivation?: (given: Given) => Expected;
  /** The magnitude and mean of the inputs of each batch; default 1 and 8 about 0. */
  readonly inputs?: readonly (readonly [scale: number, mean: number])[];
  /** Whether the kernel must take formulas; default true. */
  readonly formulas?: boolean;
  /** Whether its variables are given other values than the layer made; default true. */
  readonly written?: boolean;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Compares what a kernel computed with quantities. */
export function compareQuantities(
  what: string,
  got: ArrayLike<number>,
  want: readonly Quantity[],
  columns: number,
): Outcome {
  const outcome = compareBounded(
    what,
    got,
    want.map(({ value }) => value),
    // Infinity times 0 is no bound, and allows no NaN either: of that the error is NaN.
    (i) => Number.isNaN(want[i]!.error) ? Infinity : want[i]!.error,
    Math.max(1, columns),
  );
  // Of a bound that is far wider than rounding makes it, a pass says nothing.
  const most = want.reduce((size, { value }) => Math.max(size, Math.abs(value)), 2 ** -10);
  const wide = want.filter(({ error }) => !(error <= 2 ** -10 * most)).length;
  return { ...outcome, indeterminate: wide };
}

/** Some elements of a gradient. */
interface Wanted {
  readonly places: readonly number[];
  readonly values: readonly Quantity[];
}

/** Compares some elements, those that are not among them with nothing. */
function compareAt(
  what: string,
  got: Float32Array,
  { places, values }: Wanted,
  columns: number,
): Outcome {
  if (places.length === got.length) return compareQuantities(what, got, values, columns);
  const some = `${places.length} of ${got.length} elements of ${what}`;
  return compareQuantities(some, places.map((i) => got[i]!), values, 1);
}

/** Σ dy · y and the penalties: what the gradients are of. */
function lossOf(rules: Rules, { y, penalties = [] }: Expected, dy: Float32Array): Quantity {
  const terms = y.flatMap((each, i) => each.moves ? [each.times(new Quantity(rules, dy[i]!))] : []);
  return sumOf(rules, [...terms, ...penalties]);
}

/** What a reference is of, as numbers. */
interface Point {
  readonly x: Float32Array;
  readonly shape: readonly number[];
  readonly variables: Readonly<Record<string, Float32Array>>;
}

/** So many elements of a gradient are compared, each of which takes the reference once. */
const mostPlaces = 36;

/** All places of a list, or some of a long one. */
function placesOf(length: number, random: Random): readonly number[] {
  const all = Array.from({ length }, (_, i) => i);
  return length <= mostPlaces ? all : shuffle(all, random).slice(0, mostPlaces);
}

/** The derivatives of a loss by some elements of x, or of a variable. */
function gradientOf(
  rules: Rules,
  { x, shape, variables }: Point,
  by: string | null,
  places: readonly number[],
  loss: (given: Given) => Quantity,
): Quantity[] {
  const exact = {
    x: exactly(rules, x),
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, values]) => [name, exactly(rules, values)]),
    ),
  };
  const values = by === null ? exact.x : exact.variables[by]!;
  return places.map((i) => {
    const moved = values.with(i, new Quantity(rules, values[i]!.value, 0, 1));
    return loss({
      rules,
      shape,
      training: true,
      x: by === null ? moved : exact.x,
      variables: by === null ? exact.variables : { ...exact.variables, [by]: moved },
    }).derivative();
  });
}

function drawVariable({ shape, positive = false }: VariableCase, random: Random): Float32Array {
  // Some are 0, where a penalty of magnitudes has no slope.
  const ofEitherSign = () => random.between(0, 7) === 0 ? 0 : normal(random);
  return drawn(sizeOf(shape), positive ? () => 0.25 + 2 * random.uniform() : ofEitherSign);
}

/** Whether the variables are those that the case names, as the layer makes them. */
async function judgeVariables(layer: Layer, one: LayerCase): Promise<Outcome> {
  const wanted = Object.entries(one.variables ?? {});
  const found = layer.variables;
  const show = (list: readonly (readonly [string, boolean])[]) =>
    list.map(([name, learns]) => `${name}${learns ? "" : " (not trained)"}`).join(", ");
  const [names, own] = [
    show(wanted.map(([name, { learns = true }]) => [name, learns])),
    show(found.map(({ name, trainable }) => [name, trainable])),
  ];
  if (names !== own) return outcomeOf(`the variables are ${own || "none"}; want ${names}`);
  const values = await readAll(found.map(({ tensor }) => tensor));
  return merge(wanted.flatMap(([name, { shape, first }], i) => [
    outcomeOf(
      `${found[i]!.tensor.shape}` === `${shape}`
        ? null
        : `${name} has the shape [${found[i]!.tensor.shape}]; want [${shape}]`,
    ),
    ...(first === undefined
      ? []
      : [compareExact(`${name} at first`, values[i]!, values[i]!.map(() => first), 1)]),
  ]));
}

/** One batch through a layer, forward and backward. */
async function judgeBatch(
  layer: Layer,
  one: LayerCase,
  shape: readonly number[],
  [scale, mean]: readonly [number, number],
  random: Random,
): Promise<Outcome> {
  const { kernel } = layer;
  const rules = rulesOf(kernel.traits);
  const names = Object.keys(one.variables ?? {});
  const tensors = layer.variables.map(({ tensor }) => tensor);
  const values = one.written === false
    ? await readAll(tensors)
    : names.map((name) => drawVariable(one.variables![name]!, random));
  if (one.written !== false) { for (const [i, each] of tensors.entries()) each.write(values[i]!); }
  const point: Point = {
    x: drawn(sizeOf(shape), () => scale * (mean + normal(random))),
    shape,
    variables: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
  };
  const at = (variables: Point["variables"], training: boolean): Given => ({
    rules,
    shape,
    training,
    x: exactly(rules, point.x),
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, of]) => [name, exactly(rules, of)]),
    ),
  });
  const want = one.expected(at(point.variables, true));
  using x = kernel.tensor(shape, point.x);
  using y = layer.forward(x);
  const wantedShape = want.shape ?? shape;
  const shapes = [y.shape, layer.computeOutputShape(shape)];
  if (shapes.some((each) => `${each}` !== `${wantedShape}`)) {
    return outcomeOf(`the result has the shape [${shapes.join("] and [")}]; want [${wantedShape}]`);
  }
  const penalties = layer.losses?.() ?? [];
  const dy = drawn(y.size, () => normal(random));
  using upstream = kernel.tensor(y.shape, dy);
  using dx = layer.backward(upstream, y);
  const gradients = layer.variables.map(({ gradient }) => gradient);
  const [gotY, gotX, ...got] = await readAll([y, dx, ...gradients.filter((each) => !!each)]);
  const judged = (what: string, of: Float32Array, columns: number, by: string | null) => {
    const places = placesOf(of.length, random);
    const loss = (given: Given) => lossOf(rules, one.expected(given), dy);
    const wanted = { places, values: gradientOf(rules, point, by, places, loss) };
    return { wanted, outcome: compareAt(what, of, wanted, columns) };
  };
  const outcomes = [
    compareQuantities("the result", gotY!, want.y, wantedShape.at(-1)!),
  ];
  const ofInput = judged("the gradient by the input", gotX!, shape.at(-1)!, null);
  outcomes.push(ofInput.outcome);
  const learnt = new Map<string | null, Wanted>([[null, ofInput.wanted]]);
  for (const [i, name] of names.entries()) {
    const { shape: columns, learns = true } = one.variables![name]!;
    if (learns !== (gradients[i] !== null)) {
      outcomes.push(outcomeOf(`${name} has ${learns ? "no" : "a"} gradient`));
    } else if (learns) {
      const of = got.shift()!;
      const found = judged(`the gradient by ${name}`, of, columns.at(-1)!, name);
      learnt.set(name, found.wanted);
      outcomes.push(found.outcome);
    }
  }
  const penalty = (await readAll(penalties)).reduce((sum, [value = 0]) => sum + value, 0);
  for (const each of penalties) each[Symbol.dispose]();
  const total = sumOf(rules, want.penalties ?? []);
  outcomes.push(compareQuantities("the sum of the penalties", [penalty], [total], 1));
  // Statistics are compared as they became, and used as they are.
  const after = await readAll(layer.variables.map(({ tensor }) => tensor));
  const now = Object.fromEntries(names.map((name, i) => [name, after[i]!]));
  for (const [i, name] of names.entries()) {
    const moved = want.statistics?.[name];
    outcomes.push(
      moved
        ? compareQuantities(`${name} after it`, after[i]!, moved, moved.length)
        : compareExact(`${name} after it`, after[i]!, values[i]!, values[i]!.length),
    );
  }
  using used = layer.predict(x);
  const inUse = one.expected(at(now, false));
  outcomes.push(
    compareQuantities("the result in use", await used.read(), inUse.y, wantedShape.at(-1)!),
  );
  outcomes.push(await judgeShortcuts(layer, one, { ...point, variables: now }, dy, learnt));
  return merge(outcomes);
}

/** Backward passes of a result that is not the last one, of which less is asked, or that begin before the activation. */
async function judgeShortcuts(
  layer: Layer,
  one: LayerCase,
  point: Point,
  dy: Float32Array,
  wanted: ReadonlyMap<string | null, Wanted>,
): Promise<Outcome> {
  const { kernel } = layer;
  const rules = rulesOf(kernel.traits);
  using x = kernel.tensor(point.shape, point.x);
  using y = layer.forward(x);
  using another = kernel.tensor(point.shape, point.x.toReversed());
  using _ = layer.forward(another);
  using upstream = kernel.tensor(y.shape, dy);
  using dx = layer.backward(upstream, y);
  const ofEarlier = compareAt(
    "the gradient by an earlier input",
    await dx.read(),
    wanted.get(null)!,
    point.shape.at(-1)!,
  );
  const { beforeActivation: before } = one;
  if (before && (layer.outputActivation ?? null) === null) {
    return outcomeOf("the layer names no activation that its results come from");
  }
  const options = { inputGradient: false, beforeActivation: before !== undefined };
  using again = layer.forward(x);
  using none = layer.backward(upstream, again, options);
  if (none !== null) return outcomeOf("a gradient by the input that was not asked for");
  const learnt = layer.variables.filter(({ gradient }) => gradient !== null);
  const got = await readAll(learnt.map(({ gradient }) => gradient!));
  const what = before ? "before the activation" : "alone";
  const ofVariables = learnt.map(({ name, tensor }, i) => {
    const places = wanted.get(name)?.places ?? [];
    const values = before
      ? gradientOf(
        rules,
        point,
        name,
        places,
        (given) => lossOf(rules, before(given), dy),
      )
      : wanted.get(name)?.values ?? [];
    return compareAt(
      `the gradient by ${name}, ${what}`,
      got[i]!,
      { places, values },
      tensor.shape.at(-1)!,
    );
  });
  return merge([ofEarlier, ...ofVariables]);
}

/** Holds a layer to its definition. */
export async function judgeLayer(
  kernel: Kernel,
  layers: Layers,
  one: LayerCase,
  random: Random,
): Promise<Outcome> {
  using layer = one.make(kernel, layers);
  if (!layer.built) layer.build([null, ...one.shape.slice(1)]);
  const outcomes = [await judgeVariables(layer, one)];
  // Of other variables the rest cannot be judged.
  if (outcomes[0]!.problem !== null) return merge(outcomes);
  const inputs = one.inputs ?? [[1, 0], [8, 0]];
  const [rows = 1, ...rest] = one.shape;
  // Other numbers of rows, so that nothing of the batch before can be of use; one at the end.
  const batches = [
    ...inputs.map((each, i) => [rows + 2 * i, each] as const),
    [1, inputs[0]!] as const,
  ];
  for (const [i, [count, inputs]] of batches.entries()) {
    const shape = [count, ...rest];
    const outcome = await judgeBatch(layer, one, shape, inputs, random);
    outcomes.push(
      outcome.problem === null
        ? outcome
        : { ...outcome, problem: `batch ${i + 1}: ${outcome.problem}` },
    );
  }
  return merge(outcomes);
}
