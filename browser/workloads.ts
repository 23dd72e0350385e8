/**
 * The workloads of a result file that a browser can run: layers and networks
 * whose memory and work are small enough, whatever the file says they are. Pure
 * functions.
 *
 * @module
 */
import { isActivation } from "../kernels/activation.ts";
import { allows, bytesOf, labelOf, type Workload, workloadFlops } from "../bench/workload.ts";
import { workloadName } from "../results/query.ts";
import type { Result } from "../results/schema.ts";

// A tab may have little memory; each number is there several times while it is verified.
const mostBytes = 2 ** 26;
const mostFlops = 1e10;
const mostLayers = 100;
/** More operations than this are run only where a reader chooses the workload by itself. */
const flopsOfAll = 3e8;

export { labelOf };

/** The workload of a result; null for one that a browser cannot run. */
function workloadOf(result: Result): Workload | null {
  const { workload: name, description, m, n, k, activation, bias, pass, cold, layers, steps } =
    result;
  // What else it computes than its layers is in the file as words alone.
  if (steps !== undefined) return null;
  // Their calls are timed one by one, for which a browser's clock is too coarse.
  if (cold || pass === "forward-unpacked" || !isActivation(activation)) return null;
  if (![m, n, k].every((size) => Number.isInteger(size) && size > 0)) return null;
  const known = layers?.flatMap(({ bias, ...layer }) =>
    isActivation(layer.activation)
      ? [{ ...layer, activation: layer.activation, ...(bias === false && { bias }) }]
      : []
  );
  if (known && known.length !== layers?.length) return null;
  const first = known?.[0];
  const fits = known === undefined || known.length > 0 && known.length <= mostLayers &&
      first?.k === k && known.at(-1)?.n === n &&
      known.every(({ n, k }, i) => Number.isInteger(n) && n > 0 && k === (known[i - 1]?.n ?? k));
  if (!fits) return null;
  const workload: Workload = {
    name,
    description,
    m,
    n,
    k,
    activation,
    useBias: bias,
    ...(pass !== "forward" && { pass }),
    ...(known && { layers: known }),
  };
  const small = bytesOf(workload) <= mostBytes && workloadFlops(workload) <= mostFlops;
  return small && allows(workload, pass) ? workload : null;
}

/** Those that are run where a reader chooses none. */
export function quickOnes(workloads: readonly Workload[]): readonly Workload[] {
  return workloads.filter((one) => workloadFlops(one) <= flopsOfAll);
}

/** The workloads that can be run, each name once, in their order. */
export function workloadsHere(results: readonly Result[]): readonly Workload[] {
  const found = new Map<string, Workload | null>();
  for (const result of results) {
    const name = workloadName(result);
    if (!found.has(name)) found.set(name, workloadOf(result));
  }
  return [...found.values()].filter((one) => one !== null);
}
