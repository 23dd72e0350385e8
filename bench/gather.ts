/**
 * Makes the contenders of a plan ready; one that cannot take part is a record
 * with its reason, and never stops the others.
 *
 * @module
 */
import { DensemarkError, KernelUnavailableError } from "../common/errors.ts";
import type { Kernel, KernelOptions } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import type { KernelRecord } from "../results/schema.ts";
import { canDo, type Contender, contenderOf, controlFor } from "./contender.ts";
import { createPeer } from "./peers/peers.ts";
import type { Plan, Version } from "./plan.ts";
import type { Proof } from "./proof.ts";
import { type ContenderId, contenderIdOf } from "./run/clock.ts";
import { flopsOf, type Workload } from "./workloads.ts";

/** A kernel that the verifier does not vouch for. */
class RefusedError extends DensemarkError {
  override name = "RefusedError";
}

/** A version that could not be loaded. */
export class VersionError extends DensemarkError {
  override name = "VersionError";
}

/** Who takes part, and the records of all that were asked for. */
export interface Gathered {
  readonly contenders: readonly Contender[];
  readonly records: readonly KernelRecord[];
}

/** What another version's registry offers. */
interface Registry {
  createKernel(name: string, options?: KernelOptions): Promise<Kernel>;
}

/** On how many workloads the baseline is measured twice. */
const controlWorkloads = 3;

/** Makes the contenders of a plan; `onAbsent` hears who takes no part, `onMake` who is about to be made. */
export async function gather(
  { kernels, named, peers, threads, workloads, baseline, version }: Plan,
  proofs: readonly Proof[],
  onAbsent: (name: string, reason: string) => void,
  onMake: (who: ContenderId) => void = () => {},
): Promise<Gathered> {
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
      const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
      records.push({ name, device: "", threads: 0, method: "", unavailable: reason, ...known });
      onAbsent(name, reason);
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
        const refusal = proofs.find((proof) => proof.kernel === kernel)?.refusal ?? null;
        if (refusal !== null) throw new RefusedError(refusal);
        const made = await createKernel(kernel, options);
        const { device } = made.traits;
        if (named || !/^WebGPU.*, software$/.test(device)) {
          return contenderOf(made, { name, ...base });
        }
        await made[Symbol.asyncDispose]();
        throw new KernelUnavailableError(
          `${device}, tells nothing of a GPU's speed and takes long; name it by --kernels to time it`,
        );
      });
      if (!old || !version) continue;
      const as = { name: `${name}@${version.label}`, base: kernel, version: version.label };
      await add(as.name, { peer: false, base: kernel, version: version.label }, async () => {
        return contenderOf(await old.createKernel(kernel, options), as);
      });
    }
  }
  for (const name of peers) await add(name, { peer: true }, () => createPeer(name));
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

/** A few workloads from the smallest to the largest, one of the middle of each part. */
function spread(workloads: readonly Workload[]): readonly Workload[] {
  const sorted = workloads.toSorted((a, b) => flopsOf(a) - flopsOf(b));
  const count = Math.min(controlWorkloads, sorted.length);
  return Array.from(
    { length: count },
    (_, i) => sorted[Math.floor((i + 0.5) * sorted.length / count)]!,
  );
}

async function load({ label, registry }: Version): Promise<Registry> {
  let found: Partial<Registry>;
  try {
    found = await import(registry);
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new VersionError(
      `cannot load the kernels of ${JSON.stringify(label)} from ${registry}: ${
        /requires import access/i.test(reason)
          ? "that host is not among those that Deno may import from; allow it with --allow-import"
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
