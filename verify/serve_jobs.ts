/**
 * The worker's side of worker_pool.ts: does each job that it is sent, with a
 * heartbeat now and then that says where the job is, and sends its result or
 * what it threw.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { type Heartbeat, stopRequest, type WorkerMessage } from "./worker_pool.ts";

/** Milliseconds between heartbeats from one place; each case of a check would be too many. */
const interval = 40;

/** Makes this worker do jobs by `perform`, whose signal says that it is asked to stop. */
export function serveJobs<Job, Result, Beat extends Heartbeat = Heartbeat>(
  perform: (job: Job, beat: (heartbeat: Beat) => void, signal: AbortSignal) => Promise<Result>,
): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  const send = (message: WorkerMessage<Result, Beat>) => scope.postMessage(message);
  const stop = new AbortController();
  scope.onmessage = async ({ data }: MessageEvent<Job | typeof stopRequest>) => {
    if (data === stopRequest) return stop.abort();
    let last = -Infinity;
    let place = "";
    const beat = (heartbeat: Beat) => {
      const now = performance.now();
      if (now - last < interval && heartbeat.at === place) return;
      last = now;
      place = heartbeat.at;
      send({ heartbeat });
    };
    try {
      send({ result: await perform(data as Job, beat, stop.signal) });
    } catch (error) {
      send({ error: String(error) });
    }
  };
}
