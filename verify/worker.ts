/**
 * A worker of the verifier: does the one task that it is sent, with news of how
 * far it is.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { perform, type TaskProgress, type VerifyResult, type VerifyTask } from "./tasks.ts";

/** What a worker says. */
export type WorkerMessage =
  | { readonly progress: TaskProgress }
  | { readonly result: VerifyResult }
  | { readonly error: string };

/** Milliseconds between news; each case would be too many. */
const interval = 40;

const scope = self as unknown as DedicatedWorkerGlobalScope;

const stop = new AbortController();

scope.onmessage = async ({ data }: MessageEvent<VerifyTask | "stop">) => {
  if (data === "stop") return stop.abort();
  const say = (message: WorkerMessage) => scope.postMessage(message);
  let last = -Infinity;
  let before = "";
  try {
    const result = await perform(data, (progress) => {
      const now = performance.now();
      if (now - last < interval && progress.at === before) return;
      last = now;
      before = progress.at;
      say({ progress });
    }, stop.signal);
    say({ result });
  } catch (error) {
    say({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
  }
};
