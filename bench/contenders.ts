/**
 * Makes the contenders of a plan: verified kernels, the same of another version,
 * peers, and A/A controls, which are made like what they control. One that is refused or cannot be
 * made is skipped, a record with the reason, and never stops the others.
 *
 * @module
 */
import { DensemarkError, errorLine, KernelUnavailableError } from "../common/errors.ts";
import { createRandom, type Random, seedOf, shuffle } from "../common/random.ts";
import { quote } from "../common/text.ts";
import type { Kernel, KernelOptions, KernelTraits } from "../kernels/kernel.ts";
import { createKernel, type KernelName, takesThreads } from "../kernels/registry.ts";
import { defaultThreads } from "../kernels/wasm/thread_count.ts";
import type { KernelRecord } from "../results/schema.ts";
import { type ForeignKernel, loadKernelModule } from "../verify/foreign/kernel_module.ts";
import { KernelModuleError } from "../verify/foreign/module_path.ts";
import { canDo, type Contender, type ContenderId, contenderIdOf } from "./contender.ts";
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

/** What a registry offers. */
interface Registry {
  createKernel(name: string, options?: KernelOptions): Promise<Kernel>;
}

/** The registries that kernels are made by: of this code, of another version, and of the controls. */
interface Registries {
  readonly own: Registry;
  readonly control: Registry;
  readonly old: Registry | null;
}

/** On how many workloads a control is measured. */
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
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  // The other kernels depend on the processor alone, which each of them asks by itself.
  for (const kernel of kernels.filter((known) => known === "webgpu")) {
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

/** A contender that is to be made. */
interface Order {
  readonly record: Omit<KernelRecord, "device" | "threads" | "method" | "unavailable">;
  create(): Promise<Contender>;
}

/**
 * Makes the contenders of a plan, in a random order, since what is made first may
 * get the better place in memory and in the compiler; each has an instance of its
 * own. `onSkipped` is called with each that is not timed and the reason, `onMake`
 * with each that is about to be made, `onDownload` with what is downloaded for a
 * peer.
 */
export async function makeContenders(
  plan: BenchPlan,
  refusals: Refusals,
  onSkipped: (name: string, reason: string) => void,
  onMake: (contender: ContenderId) => void = () => {},
  onDownload: (download: Download) => void = () => {},
): Promise<Contenders> {
  const random = createRandom(seedOf(`contenders ${plan.launch ?? 1}`, plan.seed));
  const registries = await loadRegistries(plan.version, random);
  const ordered = ordersOf(plan, registries, { refusals, onDownload });
  const made = new Map<string, Contender>();
  const records = new Map<string, KernelRecord>();
  const make = async ({ record, create }: Order) => {
    const { name, peer, version } = record;
    try {
      onMake(contenderIdOf(record));
      const contender = await create();
      const { device, threads, method } = contender;
      made.set(name, contender);
      records.set(name, { ...record, device, threads, method, unavailable: null });
    } catch (error) {
      // A peer or another version may fail in any way; a kernel of ours may only be unavailable.
      if (!peer && version === undefined && !isOurs(error)) throw error;
      const reason = errorLine(error);
      records.set(name, { ...record, device: "", threads: 0, method: "", unavailable: reason });
      onSkipped(name, reason);
    }
  };
  for (const order of shuffle([...ordered], random)) await make(order);
  const controls = controlsOf(
    plan,
    registries,
    ordered.flatMap(({ record }) => made.get(record.name) ?? []),
  );
  for (const order of shuffle([...controls], random)) await make(order);
  const names = [...ordered, ...controls].map(({ record }) => record.name);
  return {
    contenders: names.flatMap((name) => made.get(name) ?? []),
    records: names.flatMap((name) => records.get(name) ?? []),
  };
}

/** Whether it says that a kernel cannot be had, or that of a module not be made; unavailable by its name, since another copy of the code has another class. */
function isOurs(error: unknown): boolean {
  return error instanceof RefusedError || error instanceof KernelModuleError ||
    error instanceof Error && error.name === KernelUnavailableError.name;
}

/** The kernels, their other versions and the peers. */
function ordersOf(
  { kernels, named, peers, threads, version }: BenchPlan,
  { own, old }: Registries,
  { refusals, onDownload }: {
    readonly refusals: Refusals;
    readonly onDownload: (download: Download) => void;
  },
): Order[] {
  const registered = kernels.filter((kernel) => typeof kernel === "string");
  const foreign = kernels.filter((kernel) => typeof kernel !== "string");
  const ours = registered.flatMap((kernel): Order[] => {
    const counts = takesThreads(kernel) && threads ? threads : [null];
    return counts.flatMap((count): Order[] => {
      const name = count === null ? kernel : `${kernel}:${count}`;
      // Threads by number are there from the first call on, like those of the controls.
      const given = count ?? (takesThreads(kernel) ? defaultThreads() : null);
      const options = given === null ? {} : { threads: given };
      const base = count === null ? {} : { base: kernel };
      const create = async () => {
        const refusal = refusals.get(kernel);
        if (refusal !== undefined) throw new RefusedError(refusal);
        const made = await own.createKernel(kernel, options);
        const reason = named ? null : whySoftware(kernel, made.traits.device);
        if (reason === null) return contenderOf(made, { name, ...base });
        await made[Symbol.asyncDispose]();
        throw new KernelUnavailableError(reason);
      };
      const orders = [{ record: { name, peer: false, ...base }, create }];
      if (!old || !version) return orders;
      const as = { name: `${name}@${version.label}`, base: kernel, version: version.label };
      return [...orders, {
        record: { ...as, peer: false },
        create: async () => contenderOf(await old.createKernel(kernel, options), as),
      }];
    });
  });
  const modules = foreign.map((kernel): Order => ({
    record: { name: kernel.name, peer: false },
    create: async () => {
      const refusal = refusals.get(kernel.name);
      if (refusal !== undefined) throw new RefusedError(refusal);
      return await foreignContender(kernel, { name: kernel.name });
    },
  }));
  const others = peers.map((name): Order => ({
    record: { name, peer: true },
    create: () => createPeer(name, onDownload),
  }));
  return [...ours, ...modules, ...others];
}

/** A control of the baseline, and one for each number of threads beyond its own, since what disturbs several threads leaves one alone. */
function controlsOf(
  { workloads, baseline, kernels, confirms }: BenchPlan,
  { control }: Registries,
  contenders: readonly Contender[],
): Order[] {
  if (confirms) return [];
  const foreign = kernels.filter((kernel) => typeof kernel !== "string");
  const ours = contenders.filter(({ version }) => version === undefined);
  const first = ours.find(({ name, base = name }) => base === baseline);
  const wider = ours.filter(({ peer, threads }) => !peer && threads > (first?.threads ?? 1));
  const originals = [
    ...(first ? [first] : []),
    ...[...Map.groupBy(wider, ({ threads }) => threads).values()].flatMap(([one]) => one ?? []),
  ];
  return originals.map((original): Order => {
    const { peer, threads, name, base = name } = original;
    const chosen = new Set(spread(workloads.filter((workload) => canDo(original, workload))));
    const as = { name: `${name}-control`, base, controlOf: name };
    const module = foreign.find((kernel) => kernel.name === base);
    return {
      record: { ...as, peer },
      create: async () => {
        const made = peer
          // Most libraries have one instance in a process.
          ? { ...original, ...as, [Symbol.asyncDispose]: () => Promise.resolve() }
          : module !== undefined
          ? await foreignContender(module, as)
          : contenderOf(
            await control.createKernel(base, takesThreads(base) ? { threads } : {}),
            as,
          );
        return { ...made, supports: (workload) => chosen.has(workload) };
      },
    };
  });
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

/** Loads the code, in a random order where it is compared with another version: what is loaded first may be compiled differently. */
async function loadRegistries(version: Version | null, random: Random): Promise<Registries> {
  const here = { createKernel } as Registry;
  if (!version) return { own: here, control: here, old: null };
  const { label, registry, copies } = version;
  const urls = { old: registry, ...copies };
  const found: { [Role in keyof typeof urls]?: Registry } = {};
  for (const role of shuffle(Object.keys(urls) as (keyof typeof urls)[], random)) {
    const url = urls[role];
    if (url !== undefined) found[role] = await load(role === "old" ? label : "this code", url);
  }
  const { own = here, control = own, old = null } = found;
  return { own, control, old };
}

async function load(label: string, registry: string): Promise<Registry> {
  let found: Partial<Registry>;
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

/** The kernel of a module, made as this thread finds it. */
async function foreignContender(
  kernel: ForeignKernel,
  as: Parameters<typeof contenderOf>[1],
): Promise<Contender> {
  const { create } = await loadKernelModule(kernel);
  return contenderOf(await create(), as);
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
