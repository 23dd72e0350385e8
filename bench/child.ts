/**
 * The process that a session runs in when it is not the command's own: reads
 * requests line by line and answers each; see remote.ts. It ends with its
 * standard input.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import { ceilingSeconds, measureCeilings } from "./ceilings/measure.ts";
import { prove } from "./ready.ts";
import { gather } from "./gather.ts";
import { type Answer, linesOf, type Request } from "./remote.ts";
import { progressOf } from "./run/clock.ts";
import { Session } from "./run/session.ts";

function answer(message: Answer): void {
  const text = `${JSON.stringify(message)}\n`;
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

async function start(
  { plan, begin }: Extract<Request, { ask: "start" }>,
  signal: AbortSignal,
): Promise<Session> {
  const onWarning = (text: string) => answer({ densemark: "warning", text });
  const proofs = await prove(plan, signal, onWarning);
  const { contenders, records } = await gather(
    plan,
    proofs,
    (name, reason) => onWarning(`${name} takes no part: ${reason}`),
    (who) => answer({ densemark: "progress", progress: progressOf("start", who.name, { who }) }),
  );
  let last = -Infinity;
  const session = new Session(contenders, plan.workloads, records, {
    rounds: plan.rounds,
    seed: plan.seed,
    begin,
    signal,
    onProgress: (progress) => {
      // Every line costs time of the machine that is measured; but who is prepared may be who hangs.
      if (progress.phase !== "prepare" && performance.now() - last < 100) return;
      last = performance.now();
      answer({ densemark: "progress", progress });
    },
  });
  answer({
    densemark: "done",
    refused: proofs.some(({ refusal }) => refusal !== null),
  });
  return session;
}

if (import.meta.main) {
  // Ctrl-C reaches all processes of a terminal; the leading one says what is to be done.
  Deno.addSignalListener("SIGINT", () => {});
  const stop = new AbortController();
  let session: Session | null = null;
  const handle = async (request: Request): Promise<void> => {
    if (request.ask === "start") {
      session = await start(request, stop.signal);
      return;
    }
    if (request.ask === "ceilings") {
      const ceilings = await measureCeilings({
        signal: stop.signal,
        threads: request.threads,
        onProgress: (done, label) => {
          const secondsLeft = ceilingSeconds * (1 - done);
          const progress = progressOf("ceilings", label, { done, secondsLeft });
          answer({ densemark: "progress", progress });
        },
      });
      answer({ densemark: "done", ceilings });
      return;
    }
    if (session === null) throw new Error(`${request.ask} before start`);
    if (request.ask === "prepare") await session.prepare();
    else if (request.ask === "round") await session.round(request.round);
    else if (request.ask === "replace") await session.replace();
    else if (request.ask === "finish") await session.finish();
    answer({
      densemark: "done",
      ...(request.ask === "snapshot" && { snapshot: await session.snapshot() }),
    });
  };
  // Requests wait for one another, but for the one to stop.
  let queue = Promise.resolve();
  for await (const line of linesOf(Deno.stdin.readable)) {
    const request = JSON.parse(line) as Request;
    if (request.ask === "stop") {
      stop.abort();
      continue;
    }
    queue = queue.then(() => handle(request)).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const known = error instanceof DensemarkError;
      answer({ densemark: "warning", text: known ? message : `a bug in Densemark: ${message}` });
      Deno.exit(1);
    });
  }
  stop.abort();
  await queue;
  await (session as Session | null)?.[Symbol.asyncDispose]();
  Deno.exit(0);
}
