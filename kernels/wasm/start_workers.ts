/**
 * Starts workers and waits until all of them are ready. Where one cannot start,
 * or does not answer in time, all are terminated.
 *
 * @module
 */

/**
 * Starts a worker for each of `parts` and sends it its part.
 *
 * @throws what a worker, or `create`, threw; or an error of the message `late` after `limit` milliseconds in which none answered, or of `refusal` where one failed and the runtime does not say why.
 */
export async function startWorkers(
  create: () => Worker,
  parts: readonly unknown[],
  { limit, late, refusal }: {
    readonly limit: number;
    readonly late: string;
    readonly refusal: string;
  },
): Promise<Worker[]> {
  const workers: Worker[] = [];
  let reject: (reason: Error) => void = () => {};
  // Not by Promise.withResolvers(), which Node 20 lacks.
  const silence = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  // Of many workers on few processors the last one comes late, but always one after the other.
  const waitForNext = () => {
    clearTimeout(timer);
    if (over) return;
    timer = setTimeout(() => {
      // After a long computation the timer may be due before the messages that have come.
      timer = setTimeout(() => reject(new Error(late)), 0);
    }, limit);
  };
  try {
    for (const _ of parts) workers.push(create());
    const all = workers.map((worker, i) => started(worker, parts[i], refusal).then(waitForNext));
    waitForNext();
    await Promise.race([Promise.all(all), silence]);
    return workers;
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  } finally {
    over = true;
    clearTimeout(timer);
  }
}

/** Sends a worker its part, and resolves when it answers. */
function started(worker: Worker, part: unknown, refusal: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      // Of a worker that was not loaded, browsers tell no page why.
      reject(new Error(event.message || refusal));
    };
    worker.postMessage(part);
  });
}
