/**
 * A session that outlives its process. Who takes the process down, or hangs,
 * before anything was timed, takes no part, and the others begin anew without
 * it; where it happens later, what was told until then is kept.
 *
 * @module
 */
import type { KernelRecord } from "../results/schema.ts";
import type { Ceilings } from "./ceilings/measure.ts";
import type { Plan } from "./plan.ts";
import { labelled, type RemoteOptions, RemoteSession } from "./remote.ts";
import type { ContenderId, Progress } from "./run/clock.ts";
import type { Runnable, Snapshot } from "./run/session.ts";

/** What its records say of the engine. */
export interface Naming {
  /** Behind each kernel's name; null where there is only one engine. */
  readonly label: string | null;
  /** Null where it is that of the whole run. */
  readonly engine: string | null;
}

/** The plan without somebody; null where it did not name them. */
export function without(plan: Plan, { name, base = name, version }: ContenderId): Plan | null {
  if (version !== undefined) return plan.version === null ? null : { ...plan, version: null };
  const kernels = plan.kernels.filter((kernel) => kernel !== base);
  const peers = plan.peers.filter((peer) => peer !== base);
  const fewer = kernels.length + peers.length < plan.kernels.length + plan.peers.length;
  return fewer ? { ...plan, kernels, peers } : null;
}

/** The session of another process, and of the next one where that dies early. */
export class EnduringSession implements Runnable {
  #session: RemoteSession;
  #options: RemoteOptions;
  readonly #naming: Naming;
  readonly #fallen: KernelRecord[] = [];
  #told = false;

  private constructor(session: RemoteSession, options: RemoteOptions, naming: Naming) {
    this.#session = session;
    this.#options = options;
    this.#naming = naming;
  }

  /**
   * Starts a process and has the contenders made.
   *
   * @throws {NoProcessError}
   */
  static async start(options: RemoteOptions, naming: Naming): Promise<EnduringSession> {
    const session = new EnduringSession(await RemoteSession.start(options), options, naming);
    await session.#survive();
    return session;
  }

  /** Whether a process ended after something had been timed. */
  get lost(): boolean {
    return this.#session.ending !== null;
  }

  /** Whether a kernel of ours was refused, or took its process down. */
  get failed(): boolean {
    return this.#session.refused || this.#fallen.some(({ peer }) => !peer);
  }

  /** As long as the process is dead: starts another without whom it died of. Whether one had to be started. */
  async #survive(): Promise<boolean> {
    let again = false;
    while (this.#session.ending !== null && !this.#options.signal.aborted) {
      const { ending, doing } = this.#session;
      if (!doing) break;
      const plan = this.#planAfter(doing, ending);
      if (!plan) break;
      await this.#session[Symbol.asyncDispose]();
      this.#options = { ...this.#options, plan };
      this.#session = await RemoteSession.start(this.#options);
      again = true;
    }
    this.#tell();
    return again;
  }

  /** The plan to go on with after the process ended while it did something, which is told; null where that is unknown. */
  #planAfter({ who, phase, label }: Progress, ending: string): Plan | null {
    const { plan, onWarning } = this.#options;
    if (phase === "ceilings") {
      onWarning(`no ceilings: the process that measured them ${ending} at ${label}`);
      return plan;
    }
    const fewer = who && without(plan, who);
    if (!who || !fewer) return null;
    const unavailable = `its process ${ending} at ${phase === "start" ? "its start" : label}`;
    this.#fallen.push({ ...who, device: "", threads: 0, method: "", unavailable });
    onWarning(`${who.name} takes no part: ${unavailable}`);
    return fewer;
  }

  #tell(): void {
    const { ending } = this.#session;
    if (ending === null || this.#told) return;
    this.#told = true;
    this.#options.onWarning(`the process that measured ${ending}; what it had told is kept`);
  }

  async prepare(): Promise<void> {
    do await this.#session.prepare(); while (await this.#survive());
  }

  async round(round: number): Promise<void> {
    await this.#session.round(round);
    this.#tell();
  }

  async replace(): Promise<void> {
    await this.#session.replace();
    this.#tell();
  }

  async finish(): Promise<void> {
    await this.#session.finish();
    this.#tell();
  }

  /** What the machine can do at best, under this engine; null where the process is gone. */
  async ceilings(threads: readonly number[]): Promise<Ceilings | null> {
    return await this.#session.ceilings(threads);
  }

  async snapshot(): Promise<Snapshot> {
    const told = await this.#session.snapshot();
    const snapshot = { ...told, kernels: [...told.kernels, ...this.#fallen] };
    const { label, engine } = this.#naming;
    if (label !== null && engine !== null) return labelled(snapshot, label, engine);
    if (engine === null) return snapshot;
    return { ...snapshot, kernels: snapshot.kernels.map((record) => ({ ...record, engine })) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
