/**
 * Runs a sequence on a kernel and on the model. First every call is made, without
 * waiting but where the sequence says so, while what is known without numbers is
 * checked at once: errors, versions, memory. Then, when all reads have arrived,
 * the model computes. A result that is not exact is read at once, and the model
 * goes on from what the kernel made of it. Arrays that were given to the kernel
 * or that it gave are overwritten, so that a reference which is kept shows.
 *
 * @module
 */
import { errorText, OwnershipError } from "../../common/errors.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { compareExact, type Outcome } from "../compare.ts";
import { formatData, formatOperation, formatTensor, nameOf, perform } from "./calls.ts";
import { drawData, largestIn } from "./data.ts";
import { type Expected, expectedOf } from "./expected.ts";
import { inputsOf, type Operation, outputsOf, type Owner, type Plan, type Step } from "./plan.ts";
import { type Content, isRefusal, Population, type Refusal } from "./population.ts";

/** The kernels that a sequence is run on. */
export type Kernels = Readonly<Record<Owner, Kernel>>;

/** What went wrong, after which calls. */
export interface Finding {
  readonly problem: string;
  /** The calls, a line each. */
  readonly calls: readonly string[];
}

/** What a sequence has shown. */
export interface Result {
  /** The worst error as a share of its bound. */
  readonly worst: number;
  /** Null where nothing went wrong. */
  readonly finding: Finding | null;
}

/** A read whose result may not be there yet. */
interface Arrival {
  values: Float32Array | null;
  error: unknown;
}

/** What is computed once all reads are there. */
type Later = () => void;

/** Something that is wrong, thrown to where the sequence is left; what comes after `line` has no part in it. */
class Fault extends Error {
  constructor(message: string, readonly line: number) {
    super(message);
  }
}

/** Runs a sequence. All its tensors are disposed at the end. */
export async function execute(plan: Plan, kernels: Kernels): Promise<Result> {
  const run = new Execution(plan, kernels);
  try {
    await run.all();
    return { worst: run.worst, finding: null };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const calls = run.calls.slice(0, error.line).map((line) => line());
    return { worst: Infinity, finding: { problem: error.message, calls } };
  } finally {
    run.dispose();
  }
}

class Execution {
  readonly calls: (() => string)[] = [];
  worst = 0;
  readonly #population: Population;
  readonly #tensors: (Tensor | null)[];
  readonly #versions: number[];
  readonly #reads: Promise<unknown>[] = [];
  readonly #later: Later[] = [];
  /** By the number of a content. */
  readonly #values = new Map<number, ArrayLike<number>>();

  constructor(readonly plan: Plan, readonly kernels: Kernels) {
    this.#population = new Population(plan);
    this.#tensors = plan.slots.map(() => null);
    this.#versions = plan.slots.map(() => 0);
  }

  async all(): Promise<void> {
    for (const step of this.plan.steps) {
      if (step.call === "wait") await this.#wait();
      else this.#do(step);
    }
    for (const [slot, tensor] of this.#tensors.entries()) {
      if (tensor && this.#population.at(slot).alive) this.#read(slot, true);
    }
    await this.#wait(true);
    for (const later of this.#later) later();
  }

  dispose(): void {
    for (const tensor of this.#tensors) {
      try {
        tensor?.[Symbol.dispose]();
      } catch {
        // What is wrong with it was found, or is found at the next disposal.
      }
    }
  }

  #do(step: Exclude<Step, { call: "wait" }>): void {
    switch (step.call) {
      case "write":
        return this.#write(step);
      case "create":
        return this.#create(step.slot, step.seed, step.filled, step.excess);
      case "dispose":
        return this.#dispose(step.slot);
      case "read":
        this.#read(step.slot);
        return;
      default:
        this.#operate(step);
    }
  }

  /** The tensor of a slot, which is made when it is first used. */
  #tensor(slot: number): Tensor {
    const found = this.#tensors[slot];
    if (found) return found;
    this.#create(slot, slot, this.plan.slots[slot]?.filled ?? true, 0);
    return this.#tensors[slot]!;
  }

  #known(values: Float32Array | null, size: number): Content {
    const whole = this.plan.data === "integers" || !values;
    const most = values ? largestIn(this.plan.data) : 0;
    const content = this.#population.content({ most, whole });
    this.#values.set(content.id, values ?? new Float32Array(size));
    return content;
  }

  #create(slot: number, seed: number, filled: boolean, excess: number): void {
    const known = this.#population.at(slot);
    const refused = filled && excess !== 0 && known.size + excess >= 0;
    if (!refused && this.#tensors[slot] && known.alive) this.#dispose(slot);
    const kernel = this.kernels[known.owner];
    const length = refused ? known.size + excess : known.size;
    const data = filled ? drawData(this.plan.data, length, { seed }) : undefined;
    const values = data?.slice() ?? null;
    const before = kernel.memory?.() ?? 0;
    let made: Tensor | null = null;
    this.#call(
      () => formatTensor(slot, known.owner, known.shape, values),
      new Set(refused ? ["ShapeError"] : []),
      [],
      () => made = kernel.tensor([...known.shape], data),
    );
    data?.fill(NaN);
    if (refused) return;
    const tensor: Tensor = made!;
    this.#tensors[slot] = tensor;
    this.#versions[slot] = tensor.version;
    known.alive = true;
    known.content = this.#known(values, known.size);
    if (`${tensor.shape}` !== `${known.shape}` || tensor.size !== known.size || tensor.disposed) {
      this.#fail(
        `${
          nameOf(slot)
        }: a new tensor [${known.shape}] has the shape [${tensor.shape}], the size ${tensor.size}, and disposed is ${tensor.disposed}`,
      );
    }
    const rise = (kernel.memory?.() ?? Infinity) - before;
    if (values && rise < 4 * known.size) {
      this.#fail(
        `memory() must rise by at least ${4 * known.size} bytes with ${
          nameOf(slot)
        }; it rose by ${rise}`,
      );
    }
  }

  #dispose(slot: number): void {
    const tensor = this.#tensor(slot);
    this.#call(
      () => `${nameOf(slot)}[Symbol.dispose]()`,
      new Set(),
      [],
      () => tensor[Symbol.dispose](),
    );
    this.#population.at(slot).alive = false;
    if (!tensor.disposed) this.#fail(`${nameOf(slot)}: disposed must be true after disposal`);
  }

  #write({ to, seed, excess, changed }: Extract<Step, { call: "write" }>): void {
    const known = this.#population.at(to);
    const tensor = this.#tensor(to);
    const data = drawData(this.plan.data, Math.max(0, known.size + excess), {
      seed,
      ...(changed !== undefined && { changed }),
    });
    const values = data.slice();
    const refusals = new Set<Refusal>();
    if (data.length !== known.size) refusals.add("ShapeError");
    if (!known.alive) refusals.add("OwnershipError");
    this.#call(
      () => `${nameOf(to)}.write(${formatData(values)})`,
      refusals,
      [to],
      () => tensor.write(data),
    );
    data.fill(NaN);
    if (refusals.size === 0) known.content = this.#known(values, known.size);
  }

  #operate(step: Operation): void {
    const population = this.#population;
    if (step.call === "gradient" && population.refusals(step).size === 0) {
      const { activation, z, y } = step;
      const of = population.at(y).content.activationOf;
      const fits = of?.activation === activation &&
        (!step.withZ || of.z.id === population.at(z).content.id);
      const activate = { call: "activate", activation, z, y } as const;
      // A gradient is asked for only where y is the activation of z.
      if (!fits && population.refusals(activate).size > 0) return;
      if (!fits) this.#operate(activate);
      if (population.at(y).content.activationOf?.activation !== activation) return;
    }
    for (const slot of [...Object.values(inputsOf(step)), ...Object.values(outputsOf(step))]) {
      if (slot !== null) this.#tensor(slot);
    }
    const refusals = population.refusals(step);
    const kernel = this.kernels[population.ownerOf(step)];
    const outputs = Object.entries(outputsOf(step));
    const slots = outputs.map(([, slot]) => slot);
    const prediction = refusals.size === 0 ? population.predict(step, kernel.traits) : null;
    if (prediction?.tooLarge) return;
    this.#call(
      () => formatOperation(step, population.ownerOf(step)),
      refusals,
      slots,
      () => perform(kernel, step, (slot) => this.#tensors[slot]!),
    );
    if (!prediction) return;
    const line = this.calls.length;
    const inputs = Object.entries(inputsOf(step)).flatMap(([role, slot]) =>
      slot === null ? [] : [[role, population.at(slot).content] as const]
    );
    if ("accumulate" in step && step.accumulate) {
      inputs.push(["out", population.at(step.out).content]);
    }
    const extent = population.extent(step);
    for (const [role, slot] of outputs) population.at(slot).content = prediction.contents[role]!;
    const arrivals = prediction.exact ? null : slots.map((slot) => this.#arrivalOf(slot));
    this.#later.push(() => {
      const values = Object.fromEntries(
        inputs.map(([role, { id }]) => [role, this.#values.get(id)!]),
      );
      const whole = inputs.every(([, content]) => content.whole);
      const known = { whole, exact: prediction.exact };
      const expected = expectedOf(step, extent, values, known, kernel.traits);
      for (const [i, [role, slot]] of outputs.entries()) {
        const output: Expected = expected[role]!;
        const { id } = prediction.contents[role]!;
        this.#values.set(id, output.want);
        if (!arrivals) continue;
        const { values: got, error } = arrivals[i]!;
        if (!got) this.#fail(`reading ${nameOf(slot)} must not fail: ${error}`, line);
        this.#judge(output.judge(`${nameOf(slot)} after line ${line}`, got), line);
        this.#values.set(id, got);
      }
    });
  }

  /** @param last Whether it is one of those at the end, of which only one that fails is a line. */
  #read(slot: number, last = false): void {
    const known = this.#population.at(slot);
    this.#tensor(slot);
    const call = () => `${nameOf(slot)}.read()`;
    const made = last ? 0 : this.calls.push(call);
    const arrival = this.#arrivalOf(slot);
    this.#checkVersions([]);
    const { content: { id }, alive, columns } = known;
    this.#later.push(() => {
      if (!alive && arrival.error instanceof OwnershipError) return;
      const line = made || this.calls.length + 1;
      if (last) this.calls[line - 1] = call;
      if (!alive) {
        const got = arrival.error ?? "no error";
        this.#fail(`line ${line} must reject with an OwnershipError; got ${got}`, line);
      }
      if (!arrival.values) this.#fail(`line ${line} must not fail: ${arrival.error}`, line);
      const what = `${nameOf(slot)} as line ${line} reads it`;
      this.#judge(compareExact(what, arrival.values, this.#values.get(id)!, columns), line);
      if (last) this.calls.pop();
    });
  }

  #judge({ problem, worst }: Outcome, line: number): void {
    if (problem !== null) this.#fail(problem, line);
    this.worst = Math.max(this.worst, worst);
  }

  #fail(problem: string, line = this.calls.length): never {
    throw new Fault(problem, line);
  }

  /** Reads without waiting. */
  #arrivalOf(slot: number): Arrival {
    const tensor = this.#tensors[slot]!;
    const arrival: Arrival = { values: null, error: null };
    const reading = async () => {
      try {
        const values = await tensor.read();
        arrival.values = values.slice();
        values.fill(NaN);
      } catch (error) {
        arrival.error = error;
      }
    };
    this.#reads.push(reading());
    return arrival;
  }

  async #wait(last = false): Promise<void> {
    await Promise.all(this.#reads.splice(0));
    for (const owner of ["kernel", "second"] as const) {
      const own = this.#population.tensors.filter((known, slot) =>
        known.owner === owner && known.alive && this.#tensors[slot]
      );
      if (own.length === 0) continue;
      const kernel = this.kernels[owner];
      if (!last) this.calls.push(() => `await ${owner}.finished()`);
      try {
        await kernel.finished();
      } catch (error) {
        this.#fail(`finished() must not fail: ${errorText(error)}`);
      }
      const bytes = own.reduce((sum, { size }) => sum + 4 * size, 0);
      const memory = kernel.memory?.() ?? Infinity;
      if (!(memory >= bytes)) {
        this.#fail(`memory() is ${memory}, though tensors of ${bytes} bytes are in use`);
      }
    }
    this.#checkVersions([]);
  }

  /** Makes a call, which must be refused by one of these errors, or else write to these tensors. */
  #call(
    describe: () => string,
    refusals: ReadonlySet<Refusal>,
    writes: readonly number[],
    call: () => void,
  ): void {
    const line = this.calls.push(describe);
    let thrown: unknown = null;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    if (refusals.size > 0 && !isRefusal(thrown, refusals)) {
      this.#fail(
        `line ${line} must throw ${[...refusals].join(" or ")}; got ${thrown ?? "no error"}`,
      );
    }
    if (refusals.size === 0 && thrown !== null) {
      this.#fail(`line ${line} must not throw; got ${thrown}`);
    }
    this.#checkVersions(refusals.size === 0 ? writes : []);
  }

  /** The versions of these tensors must have risen, those of all others not. */
  #checkVersions(written: readonly number[]): void {
    for (const [slot, tensor] of this.#tensors.entries()) {
      if (!tensor || !this.#population.at(slot).alive) continue;
      const before = this.#versions[slot]!;
      const { version } = tensor;
      if (version === before && !written.includes(slot)) continue;
      const empty = tensor.size === 0 && version >= before;
      if (!empty && !(version > before && written.includes(slot))) {
        this.#fail(
          `line ${this.calls.length} must ${
            written.includes(slot) ? "raise" : "not change"
          } the version of ${nameOf(slot)}; it is ${version} after ${before}`,
        );
      }
      this.#versions[slot] = version;
    }
  }
}
