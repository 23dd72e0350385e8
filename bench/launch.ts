/**
 * A launch: a session in a fresh process. Both ends of its pipe are here: the
 * command's, `Launch`, sends requests as lines of JSON; the process's, `serve()`,
 * answers each, and sends heartbeats that say how long the next may take. What
 * can be asked are a session's own methods, so that none is written twice. A
 * process that crashes or falls silent ends the launch.
 *
 * @module
 */
import { denoPath } from "../common/deno_path.ts";
import { leaveEndToParent } from "../common/endings.ts";
import { DensemarkError, errorText } from "../common/errors.ts";
import { formatCount } from "../common/numbers.ts";
import type { Written } from "../results/files.ts";
import type { VerificationReport } from "../results/verification/schema.ts";
import { leftOut, makeContenders } from "./contenders.ts";
import { lockArguments, permissions } from "./engines.ts";
import { signalOrMoment } from "./event_loop.ts";
import { checksFor } from "./needed_checks.ts";
import { environmentOf } from "./peers/peers.ts";
import type { BenchPlan } from "./plan.ts";
import { progressOf, type RunProgress } from "./run/clock.ts";
import { Session } from "./run/session.ts";
import { nameOfKernel } from "../verify/repeat_command.ts";
import { verifyHere } from "./verified.ts";

/** What a launch can be asked for: these methods of its session. */
export type Operation =
  | "ceilings"
  | "prepare"
  | "round"
  | "replace"
  | "tails"
  | "finish"
  | "snapshot";

/** The arguments of an operation. */
export type Given<Name extends Operation> = Parameters<Session[Name]>;

/** The result of an operation. */
export type Answer<Name extends Operation> = Awaited<ReturnType<Session[Name]>>;

/** What the command's end says. */
type Request =
  | { readonly ask: "start"; readonly plan: BenchPlan; readonly startedAt: number }
  | { readonly ask: Operation; readonly given: readonly unknown[] }
  | { readonly ask: "stop" };

/** The answer to a request. */
interface Done {
  readonly densemark: "done";
  readonly answer?: unknown;
}

/** What the process's end says; progress is its heartbeat. */
type LaunchReply =
  | { readonly densemark: "progress"; readonly progress: RunProgress }
  | { readonly densemark: "warning"; readonly text: string }
  | Done;

/** The process could not be started at all. */
export class NoProcessError extends DensemarkError {
  override name = "NoProcessError";
}

/** How a session is opened. */
export interface SessionStart {
  readonly plan: BenchPlan;
  /** When the run was started, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  readonly onWarning: (text: string) => void;
}

/** How a launch is started. */
export interface LaunchOptions extends SessionStart {
  /** The flags that its V8 gets. */
  readonly flags: string;
  /** The module that it runs; this one but in tests. */
  readonly module?: URL;
}

/** The report as `deno task verify` writes it; its page is loaded only by a launch that verifies. */
async function writeReport(folder: string, report: VerificationReport): Promise<Written> {
  const { writeVerification } = await import("../reports/verification/write.ts");
  return await writeVerification(folder, report);
}

/** Opens a session in this process: verifies the kernels and makes the contenders; `refused` tells whether the verifier refused one. */
export async function openSession(
  { plan, startedAt, signal, onProgress, onWarning }: SessionStart,
): Promise<{ readonly session: Session; readonly refused: boolean }> {
  // Known first: what will not be timed need not be verified, and on a software GPU that takes minutes.
  const left = await leftOut(plan);
  const refusals = await verifyHere(
    plan.kernels.filter((kernel) => !left.has(nameOfKernel(kernel))),
    signal,
    {
      needed: checksFor(plan.workloads),
      write: writeReport,
      onWarning,
      ...(plan.runs !== undefined && { runs: plan.runs }),
    },
  );
  // Stopped in the middle of it, what was not verified is no news.
  const stopped = signal.aborted;
  const { contenders, records } = stopped ? { contenders: [], records: [] } : await makeContenders(
    plan,
    // They were not verified, so that they must not be timed either.
    new Map([...left, ...refusals]),
    (name, reason) => onWarning(`${name} is skipped: ${reason}`),
    (contender) => onProgress(progressOf("start", contender.name, { contender })),
    ({ name, megabytes, packages }) => {
      const label = `${name} from npm, ${megabytes} MB, once: ${formatCount(packages, "package")}`;
      onProgress(progressOf("download", label, { contender: { name, peer: true } }));
    },
  );
  const { rounds, seed, workloads, launch } = plan;
  const session = new Session(contenders, workloads, records, {
    rounds,
    seed,
    ...(launch !== undefined && { launch }),
    startedAt,
    signal,
    onProgress,
  });
  return { session, refused: !stopped && refusals.size > 0 };
}

/** Calls a session's method by its name. */
export function call<Name extends Operation>(
  session: Session,
  name: Name,
  given: Given<Name>,
): Promise<Answer<Name>> {
  return Reflect.apply(session[name], session, given);
}

/** Lines of a stream. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of stream) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [i, line] of lines.entries()) {
      parts.push(line);
      if (i === lines.length - 1) break;
      yield parts.join("");
      parts = [];
    }
  }
}

function spawn(
  module: URL,
  flags: string,
  environment: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  try {
    const started = new Deno.Command(denoPath(), {
      args: ["run", "--quiet", ...lockArguments(), ...permissions, module.href],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { ...environment, DENO_V8_FLAGS: flags },
    }).spawn();
    // It pays no heed to Ctrl-C, and one that hangs would see no end of this process.
    const end = () => {
      try {
        started.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    };
    addEventListener("unload", end);
    void started.status.finally(() => removeEventListener("unload", end));
    return started;
  } catch (error) {
    throw new NoProcessError(`cannot start another Deno process: ${errorText(error)}`);
  }
}

/** A line of the process; null where it is something that a library printed. */
function parseReply(line: string): LaunchReply | null {
  if (!line.startsWith('{"densemark":')) return null;
  try {
    return JSON.parse(line) as LaunchReply;
  } catch {
    return null;
  }
}

// Seconds in which a session that should stop ends its current sample.
const stopTimeout = 60;

/** The command's end of a launch. */
export class Launch implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #options: LaunchOptions;
  readonly #reading: Promise<void>;
  #waiting: ((done: Done | null) => void) | null = null;
  #gone = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #silence: string | null = null;
  /** Its last heartbeat: what it does, and with which contender. */
  doing: RunProgress | null = null;
  /** How the process ended too early; null as long as it did not. */
  ending: string | null = null;
  /** Whether the verifier refused a kernel. */
  refused = false;

  private constructor(
    options: LaunchOptions,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#options = options;
    const { module = new URL(import.meta.url), flags } = options;
    this.#process = spawn(module, flags, environment);
    this.#writer = this.#process.stdin.getWriter();
    this.#reading = this.#read();
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /**
   * Starts the process and has its session opened.
   *
   * @throws {NoProcessError}
   */
  static async start(options: LaunchOptions): Promise<Launch> {
    const { plan, startedAt, onProgress } = options;
    const environment = await environmentOf(
      plan.peers,
      (label) => onProgress(progressOf("start", label)),
    );
    const launch = new Launch(options, environment);
    const done = await launch.#request({ ask: "start", plan, startedAt });
    launch.refused = done?.answer === true;
    return launch;
  }

  /** Calls a method of its session; null where the process is gone. */
  async ask<Name extends Operation>(
    name: Name,
    ...given: Given<Name>
  ): Promise<Answer<Name> | null> {
    const done = await this.#request({ ask: name, given });
    return done && done.answer as Answer<Name>;
  }

  async #request(request: Request): Promise<Done | null> {
    if (!this.#gone) {
      const { promise, resolve } = Promise.withResolvers<Done | null>();
      this.#waiting = resolve;
      // A process that is gone takes no more requests; its reading has ended then.
      await this.#write(request).catch(() => {});
      const done = await promise;
      if (done) return done;
    }
    const { code, signal } = await this.#process.status;
    // Of one that is meant for the command too this process learns a moment later.
    if (signal !== null && signal !== "SIGKILL") await signalOrMoment(this.#options.signal);
    this.ending ??= this.#silence ?? `ended with code ${code}`;
    return null;
  }

  async #write(request: Request): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  }

  async #read(): Promise<void> {
    for await (const line of linesOf(this.#process.stdout)) {
      const reply = parseReply(line);
      if (reply?.densemark === "progress") {
        this.doing = reply.progress;
        this.#expect(reply.progress.timeout);
        this.#options.onProgress(reply.progress);
      } else if (reply?.densemark === "warning") this.#options.onWarning(reply.text);
      else if (reply) this.#settle(reply);
    }
    this.#gone = true;
    this.#settle(null);
  }

  /** Kills the process unless its next message comes in time. */
  #expect(timeout: number): void {
    this.#expectNothing();
    this.#timer = setTimeout(() => {
      this.#silence = `sent no heartbeat for ${Math.ceil(timeout)} s and was killed`;
      this.#process.kill("SIGKILL");
      // Not at the end of its output, which a process that it started may hold open.
      this.#gone = true;
      this.#settle(null);
    }, 1e3 * timeout);
  }

  #expectNothing(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #settle(done: Done | null): void {
    this.#expectNothing();
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(done);
  }

  readonly #stop = (): void => {
    // A process that hangs does not read it.
    if (this.#waiting !== null) this.#expect(stopTimeout);
    this.#write({ ask: "stop" }).catch(() => {});
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#stop);
    await this.#writer.close().catch(() => {});
    await this.#process.status;
    if (this.#silence === null) await this.#reading;
    this.#expectNothing();
  }
}

function reply(message: LaunchReply): void {
  const text = `${JSON.stringify(message)}\n`;
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  } catch {
    // The command is gone, killed perhaps: neither the rest nor an explanation would be read.
    Deno.exit(1);
  }
}

/** Progress as heartbeats. Each costs time of the machine that is measured, so that rounds send few; before them each one counts, to know which contender hangs. */
function createHeartbeat(): (progress: RunProgress) => void {
  let last = -Infinity;
  return (progress) => {
    const timing = progress.phase === "rounds" || progress.phase === "again";
    if (timing && performance.now() - last < 100) return;
    last = performance.now();
    reply({ densemark: "progress", progress });
  };
}

/** The process's end: answers requests until its standard input ends. */
async function serve(): Promise<void> {
  const stop = new AbortController();
  const onProgress = createHeartbeat();
  const onWarning = (text: string) => reply({ densemark: "warning", text });
  let session: Session | null = null;
  const answer = async (request: Exclude<Request, { ask: "stop" }>): Promise<unknown> => {
    if (request.ask === "start") {
      const { plan, startedAt } = request;
      const opened = await openSession({
        plan,
        startedAt,
        signal: stop.signal,
        onProgress,
        onWarning,
      });
      session = opened.session;
      return opened.refused;
    }
    if (session === null) throw new Error(`${request.ask} before start`);
    return await call(session, request.ask, request.given as Given<Operation>);
  };
  let open = 0;
  // Requests wait for one another, but for the one to stop.
  let queue = Promise.resolve();
  for await (const line of linesOf(Deno.stdin.readable)) {
    const request = JSON.parse(line) as Request;
    if (request.ask === "stop") {
      stop.abort();
      continue;
    }
    open++;
    queue = queue.then(async () => {
      reply({ densemark: "done", answer: await answer(request) });
      open--;
    }).catch((error: unknown) => {
      const message = errorText(error);
      onWarning(error instanceof DensemarkError ? message : `a bug in Densemark: ${message}`);
      Deno.exit(1);
    });
  }
  // A command that did not wait for an answer was killed, and reads none.
  if (open > 0) Deno.exit(1);
  await queue;
  await (session as Session | null)?.[Symbol.asyncDispose]();
}

if (import.meta.main) {
  leaveEndToParent();
  await serve();
  Deno.exit(0);
}
