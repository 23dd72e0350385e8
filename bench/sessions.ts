/**
 * The sessions of a command, each in a process of its own: one for each engine.
 * What crashes or hangs there takes nothing down here. Where no process can be
 * started, one session in this one.
 *
 * @module
 */
import { type Ceilings, measureCeilings } from "./ceilings/measure.ts";
import { EnduringSession } from "./enduring.ts";
import { type Engine, enginesOf, isOwn, ownEngine } from "./engines.ts";
import { gather } from "./gather.ts";
import type { Command, Plan } from "./plan.ts";
import type { Display } from "./progress.ts";
import { prove } from "./ready.ts";
import { NoProcessError } from "./remote.ts";
import { type Progress, progressOf } from "./run/clock.ts";
import { type Runnable, Session } from "./run/session.ts";

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
  /** What the machine can do at best on so many threads, under the engine that gets the most of it. */
  ceilings(threads: readonly number[]): Promise<Ceilings>;
  /** Whether a kernel was refused or fell, and whether a process ended before its time. */
  trouble(): { readonly refused: boolean; readonly lost: boolean };
}

/** Opens the sessions of a command. */
export async function openSessions(
  { plan, engine }: Pick<Command, "plan" | "engine">,
  options: SessionsOptions,
): Promise<Opened> {
  const engines = engine === null ? [ownEngine()] : enginesOf(engine);
  try {
    return await openElsewhere(plan, engines, options);
  } catch (error) {
    if (!(error instanceof NoProcessError) || !engines.every(isOwn)) throw error;
    options.onWarning(`${error.message}; what crashes will end the run`);
    return await openHere(plan, options);
  }
}

async function openHere(
  plan: Plan,
  { begin, signal, display, onWarning }: SessionsOptions,
): Promise<Opened> {
  const proofs = await prove(plan, signal, onWarning);
  const { contenders, records } = await gather(
    plan,
    proofs,
    (name, reason) => onWarning(`${name} takes no part: ${reason}`),
  );
  const { rounds, seed } = plan;
  const session = new Session(contenders, plan.workloads, records, {
    rounds,
    seed,
    begin,
    signal,
    onProgress: (progress) => display.show(progress),
  });
  const refused = proofs.some(({ refusal }) => refusal !== null);
  return {
    sessions: [session],
    ceilings: (threads) =>
      measureCeilings({
        signal,
        threads,
        onProgress: (done, label) => display.show(progressOf("ceilings", label, { done })),
      }),
    trouble: () => ({ refused, lost: false }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
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
  const sessions: EnduringSession[] = [];
  for (const engine of engines) {
    const options = {
      plan,
      begin,
      flags: engine.flags,
      signal,
      onProgress: (one: Progress) => {
        progress.set(engine.name, one);
        display.show(joined(one, [...progress.values()], several ? engine.name : null));
      },
      onWarning: (text: string) => onWarning(several ? `${engine.name}: ${text}` : text),
    };
    const label = several ? engine.name : null;
    const named = several || !isOwn(engine) ? engine.engine : null;
    sessions.push(stack.use(await EnduringSession.start(options, { label, engine: named })));
  }
  const opened = stack.move();
  return {
    sessions,
    ceilings: async (threads) =>
      // The last engine is the one with the most flags.
      await sessions.at(-1)?.ceilings(threads) ??
        { ceilings: [], missing: ["no ceilings: the process that measured them ended"] },
    trouble: () => ({
      refused: sessions.some(({ failed }) => failed),
      lost: sessions.some(({ lost }) => lost),
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
