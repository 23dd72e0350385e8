/**
 * A run in the reader's browser: makes each kernel, has the verifier judge it,
 * and times those that it passes, workload by workload, so that there is something
 * to see soon. Kernels are interleaved in a fresh random order in each round.
 *
 * @module
 */
import { createRandom, seedOf, shuffle } from "../common/random.ts";
import { errorLine, KernelUnavailableError } from "../common/errors.ts";
import { createData } from "../bench/data.ts";
import { isLayerForward, labelOf } from "../bench/workload.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { type KernelRecord, type Result, type Results, schema } from "../results/schema.ts";
import { runChecks } from "../verify/run_checks.ts";
import { checksHere } from "./checks.ts";
import { environmentHere, type NavigatorLike } from "./environment.ts";
import { type Cell, endCell, prepareCell, resultOf, sampleRound } from "./measure.ts";
import type { KernelHere, News, Order } from "./protocol.ts";

/** What a run needs of its surroundings. */
export interface Surroundings {
  readonly create: (name: KernelHere) => Promise<Kernel>;
  readonly navigator: NavigatorLike;
  readonly tell: (news: News) => void;
  /** How a kernel is judged; the verifier but in tests. */
  readonly verify?: typeof runChecks;
}

/** Verification of a kernel counts as so many workloads where progress is told. */
const weightOfVerification = 6;
/** Of workloads whose calls are slow, fewer rounds; six are the least that have an interval. */
const fewRounds = 6;
const slowRound = 0.5;

/** Does what was ordered; what a kernel throws is said of it and ends nothing else. */
export async function runHere(
  { kernels, workloads, suite, version, effort, seed, rounds }: Order,
  { create, navigator, tell, verify = runChecks }: Surroundings,
): Promise<void> {
  const start = performance.now();
  const date = new Date().toISOString();
  const records: KernelRecord[] = [];
  const results: Result[] = [];
  const all = kernels.length * weightOfVerification + workloads.length;
  let done = 0;
  const doing = (text: string, within = 0) =>
    tell({ what: "doing", text, share: Math.min(1, (done + within) / all) });
  await using passed = new AsyncDisposableStack();
  const ready: Kernel[] = [];
  for (const name of kernels) {
    doing(`making ${name}`);
    const kernel = await made(name, create);
    if ("reason" in kernel) {
      records.push({ ...recordOf(name), unavailable: kernel.reason });
      tell({ what: "refused", kernel: name, ...kernel });
    } else {
      const reason = await problemOf(
        kernel,
        verify,
        { effort, seed },
        (text, share) => doing(`verifying ${name}: ${text}`, share * weightOfVerification),
      );
      const record = {
        ...recordOf(name),
        device: kernel.traits.device,
        threads: kernel.traits.threads,
      };
      records.push({ ...record, unavailable: reason });
      if (reason === null) {
        passed.defer(() => dispose(kernel));
        ready.push(kernel);
      } else {
        tell({ what: "refused", kernel: name, reason, wrong: true });
        await dispose(kernel);
      }
    }
    done += weightOfVerification;
  }
  const found = (partial: boolean): Results => ({
    schema,
    date,
    command: `Run it here, on the page of a report; verified with effort ${effort}`,
    suite,
    seed,
    rounds,
    elapsed: (performance.now() - start) / 1e3,
    partial,
    environment: environmentHere(navigator, version),
    engine: "plain",
    kernels: [...records],
    results: [...results],
  });
  const random = createRandom(seedOf("order here", seed));
  for (const [i, workload] of ready.length === 0 ? [] : workloads.entries()) {
    doing(`preparing ${labelOf(workload)}`);
    const data = isLayerForward(workload) ? createData(workload, seed) : null;
    const cells: Cell[] = [];
    for (const kernel of shuffle([...ready], random)) {
      cells.push(await prepareCell(kernel, workload, data, seed));
    }
    const slow = cells.reduce((sum, { perCall, calls }) => sum + perCall * calls, 0) > slowRound;
    const most = slow ? Math.min(rounds, fewRounds) : rounds;
    for (let round = 0; round < most; round++) {
      doing(`timing ${labelOf(workload)}`, round / most);
      await sampleRound(cells, random);
    }
    for (const cell of cells) await endCell(cell);
    // In the order of the kernels, whatever that of the cells was.
    results.push(
      ...ready.flatMap((kernel) => cells.filter((cell) => cell.kernel === kernel)).map(resultOf),
    );
    done++;
    tell({ what: "found", results: found(i < workloads.length - 1) });
  }
  if (ready.length === 0) tell({ what: "found", results: found(false) });
  tell({ what: "ended" });
}

function recordOf(name: string): KernelRecord {
  return {
    name,
    peer: false,
    device: "",
    threads: 0,
    method: "",
    unavailable: null,
    engine: "plain",
  };
}

/** Frees a kernel that is not used; one that cannot be freed loses its memory with the worker. */
async function dispose(kernel: Kernel): Promise<void> {
  try {
    await kernel[Symbol.asyncDispose]();
  } catch {
    // It was refused already, with a reason.
  }
}

/** A kernel, or why there is none. */
async function made(
  name: KernelHere,
  create: Surroundings["create"],
): Promise<Kernel | { readonly reason: string; readonly wrong: boolean }> {
  try {
    return await create(name);
  } catch (error) {
    return {
      reason: errorLine(error),
      wrong: !(error instanceof KernelUnavailableError),
    };
  }
}

/** What the verifier found wrong with a kernel, in a line; null where it passed. */
async function problemOf(
  kernel: Kernel,
  verify: typeof runChecks,
  options: Pick<Order, "effort" | "seed">,
  onProgress: (text: string, share: number) => void,
): Promise<string | null> {
  const names = checksHere.map(({ name }) => name);
  let told = "";
  try {
    const { passed, checks: found } = await verify(kernel, {
      ...options,
      checks: checksHere,
      onProgress: (check, done, of) => {
        const share = (names.indexOf(check) + done / of) / names.length;
        const text = `${check}, ${Math.round(100 * share)} %`;
        if (text === told) return;
        told = text;
        onProgress(text, share);
      },
    });
    if (passed) return null;
    const failures = found.flatMap(({ failures }) => failures);
    const more = failures.length > 1 ? `, and ${failures.length - 1} more` : "";
    return `the verifier did not pass it: ${failures[0]?.id}: ${
      errorLine(failures[0]?.problem ?? "")
    }${more}`;
  } catch (error) {
    return `the verifier could not judge it: ${errorLine(error)}`;
  }
}
