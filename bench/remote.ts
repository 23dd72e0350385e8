/**
 * A session in a process of its own, led by lines of JSON on its standard input
 * and answered on its standard output; what it writes to standard error is
 * shown. If it dies, or gives no sign of life for longer than it said, what it
 * had told until then is kept.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import type { KernelRecord } from "../results/schema.ts";
import type { Ceilings } from "./ceilings/measure.ts";
import { permissions } from "./engines.ts";
import type { Plan } from "./plan.ts";
import type { Progress } from "./run/clock.ts";
import type { Runnable, Snapshot } from "./run/session.ts";

/** What the leading process says. */
export type Request =
  | { readonly ask: "start"; readonly plan: Plan; readonly begin: number }
  | { readonly ask: "ceilings"; readonly threads: readonly number[] }
  | { readonly ask: "prepare" | "replace" | "finish" | "snapshot" | "stop" }
  | { readonly ask: "round"; readonly round: number };

/** What the session's process says; `done` answers a request. */
export type Answer =
  | { readonly densemark: "progress"; readonly progress: Progress }
  | { readonly densemark: "warning"; readonly text: string }
  | {
    readonly densemark: "done";
    readonly snapshot?: Snapshot;
    readonly refused?: boolean;
    readonly ceilings?: Ceilings;
  };

/** The process could not be started at all. */
export class NoProcessError extends DensemarkError {
  override name = "NoProcessError";
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

/** This very Deno where it may be run, else the one that is found by its name. */
function denoPath(): string {
  const own = Deno.execPath();
  return Deno.permissions.querySync({ name: "run", command: own }).state === "granted"
    ? own
    : "deno";
}

/** How a process is started. */
export interface RemoteOptions {
  readonly plan: Plan;
  readonly begin: number;
  /** The flags that its V8 gets. */
  readonly flags: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onWarning: (text: string) => void;
  /** The module that it runs; bench/child.ts but in tests. */
  readonly module?: URL;
}

// Told to stop, a session ends the block that it times; in seconds.
const stopWithin = 60;

const nothing: Snapshot = { kernels: [], results: [], referenceLoop: [] };

/** The session of another process. */
export class RemoteSession implements Runnable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #options: RemoteOptions;
  readonly #reading: Promise<void>;
  #waiting: ((answer: Answer & { densemark: "done" } | null) => void) | null = null;
  #last: Snapshot = nothing;
  #dead = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #silence: string | null = null;
  /** What it was last heard to do. */
  doing: Progress | null = null;
  /** How the process ended before it was told to; null as long as it did not. */
  ending: string | null = null;
  /** Whether a kernel was refused because the verifier rejects it. */
  refused = false;

  private constructor(options: RemoteOptions) {
    this.#options = options;
    const module = options.module ?? new URL("./child.ts", import.meta.url);
    this.#child = spawn(module, options.flags);
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read();
    options.signal.addEventListener("abort", this.#stop);
    if (options.signal.aborted) this.#stop();
  }

  /**
   * Starts the process and has the contenders made.
   *
   * @throws {NoProcessError}
   */
  static async start(options: RemoteOptions): Promise<RemoteSession> {
    const session = new RemoteSession(options);
    const answer = await session.#ask({
      ask: "start",
      plan: options.plan,
      begin: options.begin,
    });
    session.refused = answer?.refused ?? false;
    return session;
  }

  readonly #stop = (): void => {
    // Whoever hangs does not hear it.
    if (this.#waiting !== null) this.#expect(stopWithin);
    this.#write({ ask: "stop" }).catch(() => {});
  };

  async #write(request: Request): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  }

  async #read(): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      const answer = parseAnswer(line);
      if (answer?.densemark === "progress") {
        this.doing = answer.progress;
        this.#expect(answer.progress.within);
        this.#options.onProgress(answer.progress);
      } else if (answer?.densemark === "warning") this.#options.onWarning(answer.text);
      else if (answer) this.#answer(answer);
    }
    this.#dead = true;
    this.#answer(null);
  }

  /** Ends the process unless it is heard of again in time. */
  #expect(within: number): void {
    this.#calm();
    this.#timer = setTimeout(() => {
      this.#silence = `gave no sign of life for ${Math.ceil(within)} s and was ended`;
      this.#child.kill("SIGKILL");
      // Not by the end of its output, which a process that it started in turn may hold open.
      this.#dead = true;
      this.#answer(null);
    }, 1e3 * within);
  }

  #calm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #answer(answer: Answer & { densemark: "done" } | null): void {
    this.#calm();
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }

  /** Null where the process is gone. */
  async #ask(request: Request): Promise<Answer & { densemark: "done" } | null> {
    if (!this.#dead) {
      const { promise, resolve } = Promise.withResolvers<Answer & { densemark: "done" } | null>();
      this.#waiting = resolve;
      // A process that is gone takes no more requests; its reading has ended then.
      await this.#write(request).catch(() => {});
      const answer = await promise;
      if (answer) return answer;
    }
    const { code } = await this.#child.status;
    this.ending ??= this.#silence ?? `ended with code ${code}`;
    return null;
  }

  /** What the machine can do at best, under the process's engine; null where it is gone. */
  async ceilings(threads: readonly number[]): Promise<Ceilings | null> {
    return (await this.#ask({ ask: "ceilings", threads }))?.ceilings ?? null;
  }

  async prepare(): Promise<void> {
    await this.#ask({ ask: "prepare" });
  }

  async round(round: number): Promise<void> {
    await this.#ask({ ask: "round", round });
  }

  async replace(): Promise<void> {
    await this.#ask({ ask: "replace" });
  }

  async finish(): Promise<void> {
    await this.#ask({ ask: "finish" });
  }

  async snapshot(): Promise<Snapshot> {
    const answer = await this.#ask({ ask: "snapshot" });
    this.#last = answer?.snapshot ?? this.#last;
    return this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#stop);
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    if (this.#silence === null) await this.#reading;
    this.#calm();
  }
}

function spawn(module: URL, flags: string): Deno.ChildProcess {
  try {
    return new Deno.Command(denoPath(), {
      args: ["run", "--quiet", ...permissions, module.href],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { DENO_V8_FLAGS: flags },
    }).spawn();
  } catch (error) {
    throw new NoProcessError(
      `cannot start Deno once more: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** A line of the process; null where it is something that a library printed. */
function parseAnswer(line: string): Answer | null {
  if (!line.startsWith('{"densemark":')) return null;
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return null;
  }
}

/** The same with an engine's name behind each kernel's: `wasm-simd (plain)`. */
export function labelled(snapshot: Snapshot, name: string, engine: string): Snapshot {
  const label = (kernel: string) => `${kernel} (${name})`;
  return {
    ...snapshot,
    kernels: snapshot.kernels.map((record): KernelRecord => ({
      ...record,
      name: label(record.name),
      base: record.base ?? record.name,
      engine,
      ...(record.controlOf !== undefined && { controlOf: label(record.controlOf) }),
    })),
    results: snapshot.results.map((result) => ({ ...result, kernel: label(result.kernel) })),
  };
}
