/**
 * Makes the contenders of a plan: verified kernels, the same of another version,
 * peers, and the A/A control of the baseline. One that is refused or cannot be
 * made is skipped, a record with the reason, and never stops the others.
 *
 * @module
 */
import { DensemarkError, errorLine, KernelUnavailableError } from "../common/errors.ts";
import { quote } from "../common/text.ts";
import type { Kernel, KernelOptions, KernelTraits } from "../kernels/kernel.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";
import type { KernelRecord } from "../results/schema.ts";
import { canDo, type Contender, type ContenderId, contenderIdOf, controlFor } from "./contender.ts";
import { prepareForward } from "./passes/forward.ts";
import { prepareGradients } from "./passes/gradients.ts";
import { prepareNetwork } from "./passes/network.ts";
import type { Download } from "./peers/download.ts";
import { createPeer } from "./peers/peers.ts";
import type { BenchPlan, Version } from "./plan.ts";
import type { Refusals } from "./verified.ts";
import { type Workload, workloadFlops } from "./workload.ts";

/** The verifier did not pass the kernel. */
class RefusedError extends DensemarkError {
  override name = "RefusedError";
}

/** A version that could not be loaded. */
export class VersionError extends DensemarkError {
  override name = "VersionError";
}

/** The contenders that can be timed, and the records of all that were asked for. */
export interface Contenders {
  readonly contenders: readonly Contender[];
  readonly records: readonly KernelRecord[];
}

/** What another version's registry offers. */
interface VersionRegistry {
  createKernel(name: string, options?: KernelOptions): Promise<Kernel>;
}

/** On how many workloads the baseline has a control. */
const controlWorkloads = 3;

/** Why a kernel on this device is not timed unless it is named; null where it is. */
function whySoftware(kernel: KernelName, device: string): string | null {
  return /^WebGPU.*, software$/.test(device)
    ? `${device}, is slow and says nothing of a GPU's speed. Consider --kernels ${kernel} to time it all the same`
    : null;
}

/** The kernels of a plan that will not be timed for what this machine has, each with the reason; `create` makes one. */
export async function leftOut(
  { kernels, named }: Pick<BenchPlan, "kernels" | "named">,
  create: (name: KernelName) => Promise<Kernel> = createKernel,
): Promise<ReadonlyMap<KernelName, string>> {
  const found = new Map<KernelName, string>();
  // The other kernels depend on the processor alone, which each of them asks by itself.
  for (const kernel of kernels.filter((name) => name === "webgpu")) {
    try {
      await using made = await create(kernel);
      const reason = named ? null : whySoftware(kernel, made.traits.device);
      if (reason !== null) found.set(kernel, reason);
    } catch (error) {
      if (!(error instanceof KernelUnavailableError)) throw error;
      found.set(kernel, error.message);
    }
  }
  return found;
}

/** Makes the contenders of a plan; `onSkipped` is called with each that is not timed and the reason, `onMake` with each that is about to be made, `onDownload` with what is downloaded for a peer. */
export async function makeContenders(
  { kernels, named, peers, threads, workloads, baseline, version }: BenchPlan,
  refusals: Refusals,
  onSkipped: (name: string, reason: string) => void,
  onMake: (contender: ContenderId) => void = () => {},
  onDownload: (download: Download) => void = () => {},
): Promise<Contenders> {
  const contenders: Contender[] = [];
  const records: KernelRecord[] = [];
  const add = async (
    name: string,
    known: Pick<KernelRecord, "peer" | "base" | "version" | "controlOf">,
    create: () => Promise<Contender>,
  ) => {
    try {
      onMake(contenderIdOf({ name, ...known }));
      const made = await create();
      const { device, threads, method } = made;
      contenders.push(made);
      records.push({ name, device, threads, method, unavailable: null, ...known });
    } catch (error) {
      // A peer or another version may fail in any way; a kernel of ours may only be unavailable.
      const ours = error instanceof KernelUnavailableError || error instanceof RefusedError;
      if (!known.peer && known.version === undefined && !ours) throw error;
      const reason = errorLine(error);
      records.push({ name, device: "", threads: 0, method: "", unavailable: reason, ...known });
      onSkipped(name, reason);
    }
  };
  const old = version && await load(version);
  for (const kernel of kernels) {
    const counts = kernel === "wasm-threads" && threads ? threads : [null];
    for (const count of counts) {
      const name = count === null ? kernel : `${kernel}:${count}`;
      const options = count === null ? {} : { threads: count };
      const base = count === null ? {} : { base: kernel };
      await add(name, { peer: false, ...base }, async () => {
        const refusal = refusals.get(kernel);
        if (refusal !== undefined) throw new RefusedError(refusal);
        const made = await createKernel(kernel, options);
        const reason = named ? null : whySoftware(kernel, made.traits.device);
        if (reason === null) return contenderOf(made, { name, ...base });
        await made[Symbol.asyncDispose]();
        throw new KernelUnavailableError(reason);
      });
      if (!old || !version) continue;
      const as = { name: `${name}@${version.label}`, base: kernel, version: version.label };
      await add(as.name, { peer: false, base: kernel, version: version.label }, async () => {
        return contenderOf(await old.createKernel(kernel, options), as);
      });
    }
  }
  for (const name of peers) await add(name, { peer: true }, () => createPeer(name, onDownload));
  const original = contenders.find(({ name, base = name, version }) =>
    base === baseline && version === undefined
  );
  if (original) {
    const control = controlFor(original);
    const chosen = new Set(spread(workloads.filter((workload) => canDo(original, workload))));
    await add(
      control.name,
      { peer: original.peer, base: original.base ?? baseline, controlOf: original.name },
      () => Promise.resolve({ ...control, supports: (workload) => chosen.has(workload) }),
    );
  }
  return { contenders, records };
}

/** A few workloads from the smallest to the largest, the middle one of each part. */
function spread(workloads: readonly Workload[]): readonly Workload[] {
  const sorted = workloads.toSorted((a, b) => workloadFlops(a) - workloadFlops(b));
  const count = Math.min(controlWorkloads, sorted.length);
  return Array.from(
    { length: count },
    (_, i) => sorted[Math.floor((i + 0.5) * sorted.length / count)]!,
  );
}

async function load({ label, registry }: Version): Promise<VersionRegistry> {
  let found: Partial<VersionRegistry>;
  try {
    found = await import(registry);
  } catch (error) {
    const reason = errorLine(error);
    throw new VersionError(
      `cannot load the kernels of ${quote(label)} from ${registry}: ${
        /requires import access/i.test(reason)
          ? "Deno may not import from that host; allow it with --allow-import"
          : reason
      }`,
    );
  }
  const { createKernel } = found;
  if (typeof createKernel !== "function") {
    throw new VersionError(`${registry} exports no createKernel()`);
  }
  return { createKernel };
}

function methodOf({ tile, accumulator, fused, summation }: KernelTraits): string {
  const { mr, nr, mc, nc, kc } = tile;
  const order = summation.order === "blocked"
    ? `blocks of ${summation.block(1024)}`
    : summation.order === "sequential"
    ? "one after the other"
    : "any order";
  return [
    mr * nr === 1 ? "no tile" : `tile ${mr} x ${nr}, blocks ${mc} x ${nc} x ${kc}`,
    `${accumulator} sums, ${order}`,
    fused ? "fused multiply-add" : "multiply, then add",
  ].join("; ");
}

/** Another version's traits may be of another form. */
function methodOfVersion(traits: KernelTraits): string {
  try {
    return methodOf(traits);
  } catch {
    return "unknown";
  }
}

/** One of our kernels, which the contender then owns; `as` says what it is beyond its name. */
export function contenderOf(
  kernel: Kernel,
  as: Partial<Pick<Contender, "name" | "base" | "version" | "controlOf">> = {},
): Contender {
  return {
    name: kernel.name,
    ...as,
    peer: false,
    device: kernel.traits.device,
    threads: kernel.traits.threads,
    method: as.version === undefined ? methodOf(kernel.traits) : methodOfVersion(kernel.traits),
    ulp: (activation) => kernel.traits.activationUlp[activation],
    supports: () => true,
    prepare: (workload, data) => prepareForward(kernel, workload, data),
    prepareOther: (workload, seed) =>
      workload.layers === undefined
        ? prepareGradients(kernel, workload, seed)
        : prepareNetwork(kernel, workload, seed),
    ...(kernel.memory && { memory: () => kernel.memory?.() ?? 0 }),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}
