/**
 * Draws sequences: a population of tensors whose shapes fit one another, and
 * calls on it. Most calls are such as must work, on tensors that were used a
 * moment ago, and often a call that was made before, so that what a kernel keeps
 * between calls is met; some have one operand that does not belong there.
 *
 * @module
 */
import { type Activation, activations, gradientNeedsZ } from "../../kernels/activation.ts";
import type { KernelTraits } from "../../kernels/kernel.ts";
import type { Random } from "../../common/random.ts";
import {
  inputsOf,
  type Operation,
  outputsOf,
  type Owner,
  type Plan,
  type Slot,
  type Step,
} from "./plan.ts";
import { Population } from "./population.ts";

/** What is drawn. */
export interface Recipe {
  readonly data: Plan["data"];
  /** The lengths of axes; the first one is 1. */
  readonly lengths: readonly number[];
  readonly steps: number;
  /** Whether a second kernel takes part. */
  readonly two?: boolean;
  /** Whether no tensor has more than two axes, for lengths of which three would be too many elements. */
  readonly flat?: boolean;
}

type Axes = readonly (readonly number[])[];

/** The axes of matrices and vectors, by indices of lengths: of some as many as a gradient needs. */
const matrices: readonly Axes[] = [
  ...[1, 2, 3].flatMap((i) => [1, 2, 3].map((j) => [[i], [j]])),
  ...[1, 2].flatMap((i) => [1, 2].map((j) => [[i], [j]])),
  ...[1, 2].map((i) => [[i], [2]]),
  ...[1, 2, 3, 1, 2, 1, 2].map((i) => [[i]]),
];

/** Tensors of more axes, each with others that are the same matrix. */
const deeper: readonly Axes[] = [
  [[1], [2], [3]],
  [[2], [1], [3]],
  [[1, 2], [3]],
  [[1], [2], [3]],
  [[2], [1], [1]],
  [[1], [2], [1]],
  [[1, 2], [1]],
  [[0], [1], [2]],
  [[2], [0], [1]],
  [[1], [0], [2], [0], [1]],
  [[0], [3]],
];

function slotsOf(owner: Owner, shapes: readonly Axes[], random: Random): Slot[] {
  return shapes.map((axes) => ({ owner, axes, filled: random.uniform() < 0.8 }));
}

/** Draws a sequence. */
export function drawSequence(
  { data, lengths, steps, two = false, flat = false }: Recipe,
  traits: KernelTraits,
  random: Random,
): Plan {
  const foreign = [[[1], [2]], [[2], [2]], [[2]]].map((axes): Slot => ({
    owner: "foreign",
    axes,
    filled: true,
  }));
  const shapes = flat || two ? matrices : [...matrices, ...deeper];
  const slots = [
    ...slotsOf("kernel", shapes, random),
    ...(two ? slotsOf("second", shapes, random) : []),
    ...foreign,
  ];
  const plan: Plan = { data, lengths, slots, steps: [] };
  const drawing = new Drawing(plan, traits, random);
  while (drawing.steps.length < steps) drawing.add();
  return { ...plan, steps: drawing.steps };
}

/** How often each call is drawn. */
const weights: readonly (readonly [Step["call"] | "again", number])[] = [
  ["dense", 20],
  ["matmul", 20],
  ["again", 16],
  ["write", 12],
  ["read", 10],
  ["sumRows", 7],
  ["activate", 6],
  ["gradient", 9],
  ["create", 4],
  ["wait", 3],
  ["dispose", 2],
];

const total = weights.reduce((sum, [, weight]) => sum + weight, 0);

class Drawing {
  readonly steps: Step[] = [];
  readonly #population: Population;
  readonly #operations: Operation[] = [];
  /** Slots by when they were last used. */
  readonly #used: number[] = [];

  constructor(readonly plan: Plan, readonly traits: KernelTraits, readonly random: Random) {
    this.#population = new Population(plan);
    for (const [slot, { filled, owner }] of plan.slots.entries()) {
      if (filled) this.#fill(slot);
      if (owner !== "foreign") this.#used.push(slot);
    }
  }

  /** Adds a step, and others where they must come before. */
  add(): void {
    const { random } = this;
    let at = random.between(1, total);
    const [call] = weights.find(([, weight]) => (at -= weight) <= 0)!;
    switch (call) {
      case "wait":
        this.steps.push({ call });
        return;
      case "read":
        this.steps.push({ call, slot: this.#chance(0.05) ? this.#any() : this.#recent() });
        return;
      case "write": {
        const to = this.#chance(0.05) ? this.#any() : this.#recent();
        const excess = this.#excess();
        this.steps.push({ call, to, seed: random.integer(), excess });
        if (excess === 0) this.#fill(to);
        return;
      }
      case "create": {
        const dead = this.#slots((slot) => !this.#population.at(slot).alive);
        const slot = dead.length > 0 ? this.#oneOf(dead) : this.#recent();
        const [filled, excess] = [this.#chance(0.7), this.#excess()];
        this.steps.push({ call, slot, seed: random.integer(), filled, excess });
        if (filled && excess !== 0) return;
        this.#population.at(slot).alive = true;
        this.#empty(slot);
        if (filled) this.#fill(slot);
        return;
      }
      case "dispose": {
        const slot = this.#recent();
        this.steps.push({ call, slot });
        this.#population.at(slot).alive = false;
        return;
      }
      default: {
        const operation = call === "again" ? this.#again() : this.#draw(call);
        if (operation) this.#operate(this.#chance(0.1) ? this.#spoiled(operation) : operation);
      }
    }
  }

  #operate(step: Operation): void {
    const population = this.#population;
    if (population.refusals(step).size > 0) {
      this.steps.push(step);
      return;
    }
    const limited = this.plan.data === "integers" && this.#chance(0.8);
    for (let tries = 0; tries < 4; tries++) {
      if (step.call === "gradient") {
        const { activation, z, y } = step;
        const activate = { call: "activate", activation, z, y } as const;
        if (population.refusals(activate).size > 0) return;
        population.at(y).content = population.predict(activate, this.traits).contents.y!;
      }
      const { contents, exact, tooLarge } = population.predict(step, this.traits);
      if (!tooLarge && (exact || !limited)) {
        this.steps.push(step);
        this.#operations.push(step);
        for (const [role, slot] of Object.entries(outputsOf(step))) {
          population.at(slot).content = contents[role]!;
          this.#touch(slot);
        }
        for (const slot of Object.values(inputsOf(step))) if (slot !== null) this.#touch(slot);
        return;
      }
      // The largest input is written anew, so that numbers stay small.
      const inputs = Object.values({ ...inputsOf(step), ...this.#accumulated(step) }).filter((
        slot,
      ) => slot !== null);
      if (step.call === "gradient") inputs.push(step.z);
      const largest = inputs.reduce((one, other) =>
        population.at(other).content.most > population.at(one).content.most ? other : one
      );
      this.steps.push({ call: "write", to: largest, seed: this.random.integer(), excess: 0 });
      this.#fill(largest);
    }
  }

  #accumulated(step: Operation): Record<string, number> {
    return "accumulate" in step && step.accumulate ? { out: step.out } : {};
  }

  /** One of the last operations, mostly as it was, or with other options. */
  #again(): Operation | null {
    const last = this.#operations.slice(-6);
    return last.length > 0 ? this.#oneOf(last) : null;
  }

  /** An operation whose operands fit; null where none was found. */
  #draw(call: Operation["call"]): Operation | null {
    const two = this.plan.slots.some(({ owner }) => owner === "second");
    const owner: Owner = two && this.#chance(0.5) ? "second" : "kernel";
    const at = (slot: number) => this.#population.at(slot);
    const find = (rows: number, columns: number, not: readonly (number | null)[] = []) =>
      this.#find((slot) =>
        at(slot).owner === owner && at(slot).alive && at(slot).rows === rows &&
        at(slot).columns === columns && !not.includes(slot)
      );
    const own = (slot: number) => at(slot).owner === owner && at(slot).alive;
    const first = this.#find(own);
    if (first === null) return null;
    const { rows, columns } = at(first);
    switch (call) {
      case "dense": {
        const isWeight = (slot: number) =>
          own(slot) && at(slot).shape.length === 2 && at(slot).rows === columns;
        const weight = this.#chance(0.15) && isWeight(first) ? first : this.#find(isWeight);
        if (weight === null) return null;
        const n = at(weight).columns;
        const bias = this.#chance(0.7)
          ? this.#find((slot) => own(slot) && at(slot).shape.length === 1 && at(slot).columns === n)
          : null;
        const y = find(rows, n, [first, weight, bias]);
        if (y === null) return null;
        const z = this.#chance(0.3) ? find(rows, n, [first, weight, bias, y]) : null;
        return { call, x: first, weight, bias, activation: this.#activation(0.7), y, z };
      }
      case "matmul": {
        const [transposeA, transposeB] = [this.#chance(0.4), this.#chance(0.4)];
        const [m, k] = transposeA ? [columns, rows] : [rows, columns];
        const b = this.#chance(0.15) && (transposeB ? columns : rows) === k
          ? first
          : this.#find((slot) =>
            own(slot) && (transposeB ? at(slot).columns : at(slot).rows) === k
          );
        if (b === null) return null;
        const n = transposeB ? at(b).rows : at(b).columns;
        const out = find(m, n, [first, b]);
        if (out === null) return null;
        const accumulate = this.#chance(0.3);
        return { call, a: first, b, out, transposeA, transposeB, accumulate };
      }
      case "sumRows": {
        const out = this.#find((slot) =>
          own(slot) && slot !== first && at(slot).shape.length === 1 &&
          at(slot).columns === columns
        );
        return out === null ? null : { call, a: first, out, accumulate: this.#chance(0.4) };
      }
      case "activate": {
        const y = find(rows, columns, [first]);
        return y === null ? null : { call, activation: this.#activation(0.5), z: first, y };
      }
      case "gradient": {
        const activation = this.#activation(0.3);
        const y = find(rows, columns, [first]);
        const dy = find(rows, columns);
        const dz = find(rows, columns, [first, y, dy]);
        if (y === null || dy === null || dz === null) return null;
        const withZ = gradientNeedsZ(activation) || this.#chance(0.3);
        return { call, activation, z: first, y, dy, dz, withZ };
      }
    }
  }

  /** An operation of which one operand, or the activation, is replaced by what is not likely to fit. */
  #spoiled(step: Operation): Operation {
    if ("activation" in step && this.#chance(0.1)) {
      return { ...step, activation: this.#oneOf(["unknown", "Relu", ""]) as Activation };
    }
    if (step.call === "gradient" && this.#chance(0.3)) {
      return { ...step, activation: this.#oneOf(["gelu", "mish"] as const), withZ: false };
    }
    const inputs = Object.values(inputsOf(step)).filter((slot) => slot !== null);
    const dead = this.#slots((slot) => !this.#population.at(slot).alive);
    const other = dead.length > 0 && this.#chance(0.3)
      ? this.#oneOf(dead)
      : this.#chance(0.4)
      ? this.#oneOf(inputs)
      : this.#any();
    const roles = [...Object.keys(inputsOf(step)), ...Object.keys(outputsOf(step))].filter((role) =>
      role !== "z" || step.call !== "gradient" || step.withZ
    );
    return { ...step, [this.#oneOf(roles)]: other };
  }

  /** linear or relu, which keep whole numbers, with that probability; any where it is small. */
  #activation(plain: number): Activation {
    const exact = this.plan.data === "integers" ? 0.5 + plain / 2 : plain / 2;
    return this.#chance(exact)
      ? this.#oneOf(["linear", "relu"] as const)
      : this.#oneOf(activations);
  }

  #fill(slot: number): void {
    const whole = this.plan.data === "integers";
    this.#population.at(slot).content = this.#population.content({ most: whole ? 9 : 1, whole });
  }

  #empty(slot: number): void {
    this.#population.at(slot).content = this.#population.content({ most: 0, whole: true });
  }

  #excess(): number {
    return this.#chance(0.08) ? this.#oneOf([-1, 1]) : 0;
  }

  #chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }

  #oneOf<T>(items: readonly T[]): T {
    return items[this.random.between(0, items.length - 1)]!;
  }

  #touch(slot: number): void {
    const at = this.#used.indexOf(slot);
    if (at < 0) return;
    this.#used.splice(at, 1);
    this.#used.push(slot);
  }

  #slots(is: (slot: number) => boolean): number[] {
    return this.plan.slots.flatMap((_, slot) => is(slot) ? [slot] : []);
  }

  #any(): number {
    return this.random.between(0, this.plan.slots.length - 1);
  }

  /** A slot that was used a short time ago, more often than another. */
  #recent(): number {
    return this.#find((slot) => this.#population.at(slot).alive) ?? 0;
  }

  #find(is: (slot: number) => boolean): number | null {
    const found = this.#used.filter(is);
    if (found.length === 0) return null;
    const back = Math.floor(found.length * this.random.uniform() ** 2);
    return found[found.length - 1 - back]!;
  }
}
