/**
 * The worker of a try: its first thread, which starts the others, warms up all
 * loops of multiply-adds and times them in rounds.
 *
 * @module
 */
import { createRandom, shuffle } from "../../common/random.ts";
import { errorLine } from "../../common/errors.ts";
import type { Speeds, TryOptions, TryReply } from "./arithmetic.ts";
import { Meter } from "./meter.ts";
import { constantBytes } from "./reading.ts";
import { ThreadGroup } from "./threads.ts";

/** A worker's global scope, which differs from a page's. */
const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: TryOptions }) => void;
  postMessage(message: TryReply): void;
};

/** Seconds of a sample: short, so that some of them meet no other process. */
const sampleLength = 0.001;
/** Seconds after which a try ends on a machine that is busy, with so many samples at least. */
const longest = 0.8;
const fewest = 2;
/** The most samples more that a loop gets on several threads. */
const mostMore = 16;
/** Seconds of warming up: of each loop of JavaScript, which V8 optimises after some 60 to 90 ms of calls, and of all others together. */
const warmup = { script: 0.1, other: 0.05 };

async function measure({ counts, samples, ...options }: TryOptions): Promise<Speeds[]> {
  using group = await ThreadGroup.start(
    Math.max(...counts),
    { ...options, bytes: constantBytes },
    constantBytes,
  );
  const meter = new Meter(group);
  const { chains } = group.list;
  const works = chains.map(({ id }, index) => ({ id, index, bytes: 0 }));
  const scripts = works.filter(({ id }) => id.startsWith("js-"));
  await meter.warmUp(scripts, warmup.script * scripts.length);
  await meter.warmUp(works.filter((work) => !scripts.includes(work)), warmup.other);
  const speeds = counts.flatMap((threads) =>
    chains.map(({ id, what, flops }, index) => ({
      id,
      what,
      threads,
      index,
      flops,
      rates: [] as number[],
    }))
  );
  const random = createRandom(1);
  const start = performance.now();
  const late = () => performance.now() - start > 1e3 * longest;
  for (let sample = 0; sample < samples && (sample < fewest || !late()); sample++) {
    for (const { threads, index, flops, rates } of shuffle([...speeds], random)) {
      const seconds = meter.time({ index, bytes: 0 }, threads, sampleLength);
      rates.push(threads * flops / seconds / 1e9);
    }
  }
  // Threads that are far from their number times the speed of one were probably never all running at once.
  const best = (rates: readonly number[]) => Math.max(...rates);
  for (const { id, threads, index, flops, rates } of speeds) {
    const one = speeds.find((other) => other.id === id && other.threads === 1);
    const enough = 0.9 * threads * best(one?.rates ?? [0]);
    for (let more = 0; more < mostMore && best(rates) < enough && !late(); more++) {
      const seconds = meter.time({ index, bytes: 0 }, threads, sampleLength);
      rates.push(threads * flops / seconds / 1e9);
    }
  }
  return speeds.map(({ id, what, threads, rates }) => ({ id, what, threads, rates }));
}

scope.onmessage = ({ data }) => {
  measure(data).then(
    (speeds) => scope.postMessage({ speeds }),
    (error) => scope.postMessage({ error: errorLine(error) }),
  );
};
