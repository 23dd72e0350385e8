/**
 * One launch of each engine, and its rounds; `measure.ts` has the launches one
 * after the other. Each engine has a replicate: a process, and the next one
 * where it crashes or hangs before anything was timed, without the contender
 * that was to blame. Replicates are interleaved round by
 * round, so that all meet the same interference. Where no process can be
 * started, the session is in this one.
 *
 * @module
 */
import { createRandom, seedOf, shuffle } from "../common/random.ts";
import type { KernelRecord } from "../results/schema.ts";
import type { ContenderId } from "./contender.ts";
import { type Engine, enginesOf, isOwn, ownEngine } from "./engines.ts";
import {
  type Answer,
  call,
  type Given,
  Launch,
  type LaunchOptions,
  NoProcessError,
  openSession,
  type Operation,
  type SessionStart,
} from "./launch.ts";
import type { BenchCommand, BenchPlan } from "./plan.ts";
import type { Display } from "./progress.ts";
import type { RunProgress } from "./run/clock.ts";
import { merge } from "./run/merge.ts";
import type { Session, Snapshot } from "./run/session.ts";
import { kernelOption, nameOfKernel } from "../verify/repeat_command.ts";

/** A session in another process or in this one. */
export interface SessionHandle extends AsyncDisposable {
  /** Calls a method of the session; null where it is gone. */
  ask<Name extends Operation>(name: Name, ...given: Given<Name>): Promise<Answer<Name> | null>;
  /** What was found so far; where the session is gone, what it had sent until then. */
  snapshot(): Promise<Snapshot>;
  /** Whether a kernel of ours was refused, or crashed or hung. */
  readonly refused: boolean;
  /** Whether the session is gone before it was closed. */
  readonly lost: boolean;
}

/** How a replicate's engine is named in its records. */
export interface EngineNames {
  /** Behind each kernel's name; null where there is only one engine. */
  readonly label: string | null;
  /** Null where it is that of the whole run. */
  readonly engine: string | null;
}

/** The plan without a contender; null where it did not name it. */
export function without(
  plan: BenchPlan,
  { name, base = name, version }: ContenderId,
): BenchPlan | null {
  if (version !== undefined) return plan.version === null ? null : { ...plan, version: null };
  const kernels = plan.kernels.filter((kernel) => nameOfKernel(kernel) !== base);
  const peers = plan.peers.filter((peer) => peer !== base);
  const fewer = kernels.length + peers.length < plan.kernels.length + plan.peers.length;
  return fewer ? { ...plan, kernels, peers } : null;
}

// These come before the rounds, so that another launch can do them again.
const repeatable: ReadonlySet<Operation> = new Set(["ceilings", "prepare"]);

/** A launch, and the next one where its process ends early. */
export class Replicate implements SessionHandle {
  #launch: Launch;
  #options: LaunchOptions;
  readonly #names: EngineNames;
  readonly #skipped: KernelRecord[] = [];
  #last: Snapshot = { kernels: [], results: [], referenceLoop: [] };
  #lossTold = false;

  private constructor(launch: Launch, options: LaunchOptions, names: EngineNames) {
    this.#launch = launch;
    this.#options = options;
    this.#names = names;
  }

  /**
   * Starts the launch.
   *
   * @throws {NoProcessError}
   */
  static async start(options: LaunchOptions, names: EngineNames): Promise<Replicate> {
    const replicate = new Replicate(await Launch.start(options), options, names);
    while (await replicate.#launchAgain());
    replicate.#tellLoss();
    return replicate;
  }

  get lost(): boolean {
    return this.#launch.ending !== null;
  }

  get refused(): boolean {
    return this.#launch.refused || this.#skipped.some(({ peer }) => !peer);
  }

  async ask<Name extends Operation>(
    name: Name,
    ...given: Given<Name>
  ): Promise<Answer<Name> | null> {
    let answer = await this.#launch.ask(name, ...given);
    while (repeatable.has(name) && await this.#launchAgain()) {
      // What crashed once in the ceilings would again, and there is nothing to leave out.
      if (name === "ceilings") break;
      answer = await this.#launch.ask(name, ...given);
    }
    this.#tellLoss();
    return answer;
  }

  /** Where the process is gone, starts another without the contender that it was busy with; whether it did. */
  async #launchAgain(): Promise<boolean> {
    const { ending, doing } = this.#launch;
    if (ending === null || this.#options.signal.aborted) return false;
    const plan = doing && this.#planAfter(doing, ending);
    if (!plan) return false;
    await this.#launch[Symbol.asyncDispose]();
    this.#options = { ...this.#options, plan };
    this.#launch = await Launch.start(this.#options);
    return true;
  }

  /** The plan of the next launch after the process ended during `doing`, with a warning; null where the cause is unknown. */
  #planAfter({ contender, phase, label }: RunProgress, ending: string): BenchPlan | null {
    const { plan, onWarning } = this.#options;
    if (phase === "ceilings") {
      onWarning(
        `the ceilings are skipped: the process that measured them ${ending} at "${label}". ` +
          "Consider deno task ceilings, which measures them by themselves",
      );
      return plan;
    }
    const fewer = contender && without(plan, contender);
    if (!contender || !fewer) return null;
    const what = phase === "start" || phase === "download"
      ? "it was made"
      : `${label} was prepared`;
    const unavailable = `its process ${ending} while ${what}`;
    this.#skipped.push({ ...contender, device: "", threads: 0, method: "", unavailable });
    const { name, base = name, peer } = contender;
    const known = plan.kernels.find((kernel) => nameOfKernel(kernel) === base);
    const remedy = peer || known === undefined
      ? ""
      : `. Consider deno task verify ${kernelOption(known)}, which tests it by itself`;
    onWarning(`${name} is skipped: ${unavailable}${remedy}`);
    return fewer;
  }

  #tellLoss(): void {
    const { ending } = this.#launch;
    if (ending === null || this.#lossTold) return;
    this.#lossTold = true;
    // What ends this process may have ended that one before it was ready for it.
    if (this.#options.signal.aborted) return;
    this.#options.onWarning(
      `the process that measured ${ending}; the results that it had sent until then are kept. ` +
        "Consider running again, without the kernel that it was timing (--kernels)",
    );
  }

  async snapshot(): Promise<Snapshot> {
    this.#last = await this.ask("snapshot") ?? this.#last;
    const kernels = [...this.#last.kernels, ...this.#skipped];
    return named({ ...this.#last, kernels }, this.#names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#launch[Symbol.asyncDispose]();
  }
}

/** The same with the engine in every record, and where it has a label, that behind each kernel's name: `wasm-simd (plain)`. */
export function named(snapshot: Snapshot, { label, engine }: EngineNames): Snapshot {
  if (engine === null) return snapshot;
  const nameOf = (kernel: string) => label === null ? kernel : `${kernel} (${label})`;
  return {
    ...snapshot,
    kernels: snapshot.kernels.map((record): KernelRecord => ({
      ...record,
      name: nameOf(record.name),
      ...(label !== null && { base: record.base ?? record.name }),
      engine,
      ...(record.controlOf !== undefined && { controlOf: nameOf(record.controlOf) }),
    })),
    results: snapshot.results.map((result) => ({ ...result, kernel: nameOf(result.kernel) })),
  };
}

/** A session of this process. */
export function handleOf(session: Session, refused = false): SessionHandle {
  return {
    ask: (name, ...given) => call(session, name, given),
    snapshot: () => session.snapshot(),
    refused,
    lost: false,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** What the launches of a run are opened with. */
export interface LaunchesOptions extends Pick<SessionStart, "startedAt" | "signal" | "onWarning"> {
  readonly display: Display;
}

/** The sessions of a run, closed when disposed. */
export interface Launches extends AsyncDisposable {
  readonly sessions: readonly SessionHandle[];
}

/** The engines of a command. */
export function enginesFor({ engine }: Pick<BenchCommand, "engine">): readonly Engine[] {
  return engine === null ? [ownEngine()] : enginesOf(engine);
}

/** Opens a replicate for each engine, with a plan for each. */
export async function openLaunches(
  plans: ReadonlyMap<Engine, BenchPlan>,
  options: LaunchesOptions,
): Promise<Launches> {
  const engines = [...plans.keys()];
  const [plan] = plans.values();
  const { display, ...start } = options;
  try {
    return await openReplicates(plans, options);
  } catch (error) {
    if (!(error instanceof NoProcessError) || !engines.every(isOwn) || !plan) throw error;
    options.onWarning(
      `${error.message}; a kernel that crashes will end this run. ` +
        "Consider allowing Deno to start itself (--allow-run=deno)",
    );
    const onProgress = (progress: RunProgress) => display.show(progress);
    const { session, refused } = await openSession({ ...start, plan, onProgress });
    return {
      sessions: [handleOf(session, refused)],
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  }
}

async function openReplicates(
  plans: ReadonlyMap<Engine, BenchPlan>,
  { display, onWarning, ...start }: LaunchesOptions,
): Promise<Launches> {
  const several = plans.size > 1;
  await using stack = new AsyncDisposableStack();
  const progress = new Map<Engine, RunProgress>();
  const sessions: Replicate[] = [];
  for (const [engine, plan] of plans) {
    const label = several ? engine.name : null;
    const options = {
      ...start,
      plan,
      flags: engine.flags,
      onProgress: (one: RunProgress) => {
        progress.set(engine, one);
        display.show(joined(one, [...progress.values()], label));
      },
      onWarning: (text: string) => onWarning(label === null ? text : `${label}: ${text}`),
    };
    const names = { label, engine: several || !isOwn(engine) ? engine.engine : null };
    sessions.push(stack.use(await Replicate.start(options, names)));
  }
  const opened = stack.move();
  return { sessions, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The progress of interleaved launches, with the label of the one that measures now. */
function joined(
  one: RunProgress,
  all: readonly RunProgress[],
  label: string | null,
): RunProgress {
  const secondsLeft = all.reduce((sum, { secondsLeft }) => sum + secondsLeft, 0);
  const done = all.reduce((sum, { done }) => sum + done, 0) / all.length;
  return { ...one, secondsLeft, done, ...(label && { label: `${one.label} (${label})` }) };
}

/** What the rounds of a launch are made with. */
export interface RoundsOptions {
  readonly rounds: number;
  /** How many rounds earlier launches had; 0 unless given. */
  readonly earlier?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Whether single calls are timed after the rounds; they are unless it is false. */
  readonly tails?: boolean;
  /** Called now and then with what was found so far. */
  readonly onSnapshot?: (snapshot: Snapshot) => Promise<void>;
  /** Seconds between two snapshots; 10 unless given. */
  readonly every?: number;
}

/** Prepares all sessions, measures their rounds, interleaved in random order, and returns what they found. */
export async function runRounds(
  sessions: readonly SessionHandle[],
  { rounds, earlier = 0, seed, signal, tails = true, onSnapshot, every = 10 }: RoundsOptions,
): Promise<Snapshot> {
  const random = createRandom(seedOf(`sessions ${earlier}`, seed));
  const found = async () => merge(await Promise.all(sessions.map((one) => one.snapshot())));
  let saved = performance.now();
  const save = async () => {
    if (!onSnapshot || performance.now() - saved < every * 1e3) return;
    await onSnapshot(await found());
    saved = performance.now();
  };
  for (const session of sessions) {
    if (!signal.aborted) await session.ask("prepare");
  }
  for (let round = earlier + 1; round <= earlier + rounds && !signal.aborted; round++) {
    for (const session of shuffle([...sessions], random)) {
      if (signal.aborted) break;
      await session.ask("round", round);
      await save();
    }
  }
  for (const session of sessions) {
    if (!signal.aborted) await session.ask("replace");
    await save();
  }
  for (const session of sessions) {
    if (tails && !signal.aborted) await session.ask("tails");
  }
  for (const session of sessions) await session.ask("finish");
  return await found();
}
