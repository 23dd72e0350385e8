/**
 * Activations and their gradients as subjects of combinations: on values of every
 * family, with operands that are one tensor, and with a history.
 *
 * @module
 */
import { type Activation, gradientNeedsZ } from "../../kernels/activation.ts";
import type { Random } from "../../common/random.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import { Workspace } from "../check.ts";
import { judgeActivation, judgeGradient } from "../checks/exceptional_elementwise.ts";
import type { Outcome } from "../compare.ts";
import { allowsHistory } from "./history.ts";
import {
  activationFeature,
  historyFeatures,
  isOneOf,
  type Operand,
  outFeature,
  rankFeature,
  resultsOf,
  shapeOf,
} from "./operands.ts";
import { sizeFeature } from "./sizes.ts";
import type { Feature, Row, Setting, Subject } from "./subject.ts";
import { drawValues, type Values, valuesFeature } from "./values.ts";

/** Elements of a row at most: each is compared with a function in float64. */
const most = 2 ** 12;

/** The largest whole number: beyond it all functions are saturated, or overflow. */
const mostInput = 12;

/** Sums of products with numbers of 2^30 and more have no bound in softmax's gradient that says anything. */
const ofGradient = ["wide"] as const;

/** activate(). */
export const activate: Subject = {
  name: "activate",
  most,
  features: [
    sizeFeature("m"),
    sizeFeature("n"),
    activationFeature(),
    valuesFeature("values"),
    rankFeature,
    outFeature,
    ...historyFeatures(["z"]),
  ],
  threes: [["m", "n", "activation", "values"], ["changed", "by", "uses"]],
  has: () => true,
  allows: allowsHistory,
  run: runActivate,
};

async function runActivate(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { shape: { m, n }, levels } = row;
  const activation = levels.activation as Activation;
  const z = drawValues(levels.values!, m * n, mostInput, random, kernel.traits);
  using space = new Workspace(kernel);
  const shape = shapeOf(m, n, levels.axes!);
  const [found] = await resultsOf(row, setting, space, {
    operands: [{ name: "z", content: z, shape }],
    outputs: [shape],
    call: (tensors, [y]) => kernel.activate(activation, tensors.z!, y!),
  });
  return judgeActivation(activation, z.values, found!, n, kernel.traits);
}

/** Which operands of a gradient are one tensor; `all` is of activations that need no z. */
const oneFeature: Feature = {
  name: "one",
  levels: ["none", "y-and-dy", "z-and-dy", "z-and-y", "all"],
};

/** activateGradient(). */
export const gradient: Subject = {
  name: "gradient",
  most,
  features: [
    sizeFeature("m"),
    sizeFeature("n"),
    activationFeature(),
    valuesFeature("dy", ofGradient),
    { name: "z", levels: ["needed", "given"] },
    oneFeature,
    rankFeature,
    outFeature,
    ...historyFeatures(["y", "dy", "all"]),
  ],
  threes: [
    ["m", "n", "activation", "dy", "one"],
    ["activation", "z", "one", "n"],
    ["changed", "by", "uses", "activation"],
  ],
  has: () => true,
  allows: (level) => {
    if (!allowsHistory(level)) return false;
    const [one, activation] = [level("one"), level("activation")];
    if (one === undefined || one === "none") return true;
    // What is one tensor has the values of y or z, and changes as one.
    if (!isOneOf(level("dy"), "whole")) return false;
    if (!isOneOf(level("changed"), "none", "y", "all")) return false;
    if (one === "y-and-dy") return true;
    if (!isOneOf(level("z"), "given")) return false;
    // y would have to be an activation of itself.
    return one === "z-and-dy" || activation === undefined ||
      !gradientNeedsZ(activation as Activation);
  },
  run: runGradient,
};

/** Inputs of an activation whose results are all finite. */
function inputsOf(length: number, random: Random, traits: KernelTraits): Values {
  const families = ["real", "whole", "sparse", "negative"] as const;
  return drawValues(families[random.between(0, 3)]!, length, 4, random, traits);
}

async function runGradient(row: Row, setting: Setting): Promise<Outcome> {
  const { kernel, random } = setting;
  const { traits } = kernel;
  const { shape: { m, n }, levels } = row;
  const activation = levels.activation as Activation;
  const one = levels.one!;
  using space = new Workspace(kernel);
  const own = shapeOf(m, n, levels.axes!);
  const z = inputsOf(m * n, random, traits);
  // y is the kernel's own, which its gradient is a function of.
  const made = space.output(own);
  kernel.activate(activation, space.tensor(own, z.values), made);
  const y: Values = { values: new Float32Array(await made.read()), whole: false, place: null };
  const drawn = drawValues(levels.dy!, m * n, 9, random, traits);
  const dy = one === "y-and-dy" || one === "all" ? y : one === "z-and-dy" ? z : drawn;
  const givesZ = gradientNeedsZ(activation) || levels.z === "given";
  const zContent = one === "z-and-y" || one === "all" ? y : z;
  const operands: Operand[] = [
    { name: "y", content: y, shape: own },
    ...(dy === drawn ? [{ name: "dy", content: dy, shape: own }] : []),
    ...(zContent === z && (givesZ || dy === z) ? [{ name: "z", content: z, shape: own }] : []),
  ];
  const [dz] = await resultsOf(row, setting, space, {
    operands,
    outputs: [own],
    call: (tensors, [out]) =>
      kernel.activateGradient(
        activation,
        givesZ ? tensors.z ?? tensors.y! : null,
        tensors.y!,
        tensors.dy ?? (dy === z ? tensors.z! : tensors.y!),
        out!,
      ),
  });
  const numbers = { z: zContent.values, y: y.values, dy: dy.values, dz: dz! };
  return judgeGradient(activation, numbers, n, traits);
}
