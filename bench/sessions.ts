/**
 * The sessions of a command: one in this process, where its engine is the one
 * that was asked for, else one process for each engine.
 *
 * @module
 */
import { type Engine, enginesOf, isOwn, ownEngine } from "./engines.ts";
import { gather } from "./gather.ts";
import type { Command, Plan } from "./plan.ts";
import type { Display } from "./progress.ts";
import { prove } from "./ready.ts";
import { labelled, RemoteSession } from "./remote.ts";
import type { Progress } from "./run/clock.ts";
import { type Runnable, Session, type Snapshot } from "./run/session.ts";

/** What sessions are opened with. */
export interface SessionsOptions {
  /** Milliseconds since 1970. */
  readonly begin: number;
  readonly signal: AbortSignal;
  readonly display: Display;
  readonly onWarning: (text: string) => void;
}

/** Open sessions, closed when disposed. */
export interface Opened extends AsyncDisposable {
  readonly sessions: readonly Runnable[];
  /** Whether a kernel was refused, or a process ended before its time. */
  trouble(): { readonly refused: boolean; readonly lost: boolean };
}

/** Opens the sessions of a command. */
export async function openSessions(
  { plan, engine }: Pick<Command, "plan" | "engine">,
  options: SessionsOptions,
): Promise<Opened> {
  const engines = engine === null ? [] : enginesOf(engine);
  if (engines.every(isOwn)) return await openHere(plan, options);
  return await openElsewhere(plan, engines, options);
}

async function openHere(
  plan: Plan,
  { begin, signal, display, onWarning }: SessionsOptions,
): Promise<Opened> {
  const proofs = await prove(plan, signal, onWarning);
  const { contestants, records } = await gather(
    plan,
    proofs,
    (name, reason) => onWarning(`${name} takes no part: ${reason}`),
  );
  const { rounds, seed } = plan;
  const session = new Session(contestants, plan.workloads, records, {
    rounds,
    seed,
    begin,
    signal,
    onProgress: (progress) => display.show(progress),
  });
  const refused = proofs.some(({ refusal }) => refusal !== null);
  return {
    sessions: [session],
    trouble: () => ({ refused, lost: false }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Opens a command's sessions in fresh processes, whatever their engine. */
export async function openFresh(
  { plan, engine }: Pick<Command, "plan" | "engine">,
  options: SessionsOptions,
): Promise<Opened> {
  return await openElsewhere(plan, engine === null ? [ownEngine()] : enginesOf(engine), options);
}

/** A process for each engine; where there are several, each kernel's name tells its engine. */
async function openElsewhere(
  plan: Plan,
  engines: readonly Engine[],
  { begin, signal, display, onWarning }: SessionsOptions,
): Promise<Opened> {
  const several = engines.length > 1;
  await using stack = new AsyncDisposableStack();
  const progress = new Map<string, Progress>();
  const remotes: { readonly engine: Engine; readonly session: RemoteSession }[] = [];
  for (const engine of engines) {
    const session = stack.use(
      await RemoteSession.start({
        plan,
        begin,
        flags: engine.flags,
        signal,
        onProgress: (one) => {
          progress.set(engine.name, one);
          display.show(joined(one, [...progress.values()], several ? engine.name : null));
        },
        onWarning: (text) => onWarning(several ? `${engine.name}: ${text}` : text),
      }),
    );
    remotes.push({ engine, session });
  }
  const opened = stack.move();
  return {
    sessions: remotes.map(({ engine, session }) =>
      new Labelled(session, several ? engine.name : null, engine.engine)
    ),
    trouble: () => ({
      refused: remotes.some(({ session }) => session.refused),
      lost: remotes.some(({ session }) => session.lost),
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The progress of several sessions that take turns, told by the one whose turn it is. */
function joined(one: Progress, all: readonly Progress[], engine: string | null): Progress {
  const secondsLeft = all.reduce((sum, { secondsLeft }) => sum + secondsLeft, 0);
  const done = all.reduce((sum, { done }) => sum + done, 0) / all.length;
  return { ...one, secondsLeft, done, ...(engine && { label: `${one.label} (${engine})` }) };
}

/** A session whose records name its engine. */
class Labelled implements Runnable {
  constructor(
    readonly session: RemoteSession,
    readonly name: string | null,
    readonly engine: string,
  ) {}
  prepare = () => this.session.prepare();
  round = (round: number) => this.session.round(round);
  replace = () => this.session.replace();
  finish = () => this.session.finish();
  async snapshot(): Promise<Snapshot> {
    const snapshot = await this.session.snapshot();
    if (this.name !== null) return labelled(snapshot, this.name, this.engine);
    const kernels = snapshot.kernels.map((record) => ({ ...record, engine: this.engine }));
    return { ...snapshot, kernels };
  }
  [Symbol.asyncDispose] = () => this.session[Symbol.asyncDispose]();
}
