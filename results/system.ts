/**
 * What Linux says of the machine's state in /proc and /sys: frequency governor,
 * hypervisor, limits of the control group (versions 1 and 2) and caches. The
 * texts come from a function, so that other machines' can be tested anywhere;
 * what is missing, odd or of another system stays absent.
 *
 * Deno lets a program read most of these files only with `--allow-all`,
 * whatever `--allow-read` says.
 *
 * @module
 */
import type { Cache, Environment } from "./schema.ts";

/** The text of a file; null where there is none, or it may not be read. */
export type ReadText = (path: string) => string | null;

/** The part of the environment that this file finds. */
export type SystemState = Pick<
  Environment,
  "governor" | "hypervisor" | "load" | "cpuQuota" | "cpuset" | "caches"
>;

/** What the files say. */
export function systemState(read: ReadText, processors: number): SystemState {
  const groups = read("/proc/self/cgroup") ?? "";
  return withoutNull({
    governor: governorOf(read, processors),
    hypervisor: hypervisorOf(read),
    load: parseLoad(read("/proc/loadavg") ?? ""),
    cpuQuota: quotaOf(read, groups),
    cpuset: cpusetOf(read, groups),
    caches: cachesOf(read),
  });
}

type OrNull<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> | null };

function withoutNull(state: OrNull<SystemState>): SystemState {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== null));
}

/** A short text of a file in one line; null where it is empty or missing. */
function lineOf(text: string | null): string | null {
  // Device trees end texts with a zero.
  return text?.replaceAll("\0", " ").trim() || null;
}

/** The governor of all processors, or all of them where they differ. */
function governorOf(read: ReadText, processors: number): string | null {
  const names = new Set<string>();
  for (let i = 0; i < processors; i++) {
    const name = lineOf(read(`/sys/devices/system/cpu/cpu${i}/cpufreq/scaling_governor`));
    if (name !== null) names.add(name);
  }
  return names.size === 0 ? null : [...names].sort().join(", ");
}

/** The hypervisor by name where it gives one, else `unknown kind`; `none` where the processor denies one. */
function hypervisorOf(read: ReadText): string | null {
  const tree = lineOf(read("/proc/device-tree/hypervisor/compatible"));
  if (tree !== null) return tree;
  const kind = lineOf(read("/sys/hypervisor/type"));
  const flags = /^flags\s*:(.*)$/m.exec(read("/proc/cpuinfo") ?? "")?.[1];
  // Only x86 has flags of this name, and says by one of them whether it is virtual.
  const isVirtual = flags === undefined ? null : /\shypervisor(\s|$)/.test(flags);
  if (kind === null && isVirtual !== true) return isVirtual === null ? null : "none";
  const names = ["sys_vendor", "product_name"].flatMap((name) =>
    lineOf(read(`/sys/class/dmi/id/${name}`)) ?? []
  );
  return names.join(" ") || kind || "of unknown kind";
}

/**
 * The three load averages of /proc/loadavg; null where the text has none.
 *
 * @example
 * ```ts
 * import { parseLoad } from "./system.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseLoad("2.28 2.77 2.55 6/127 31018\n"), [2.28, 2.77, 2.55]);
 * assertEquals(parseLoad(""), null);
 * ```
 */
export function parseLoad(text: string): readonly number[] | null {
  const numbers = text.trim().split(/\s+/).slice(0, 3).map(Number);
  return numbers.length === 3 && text.trim() !== "" && numbers.every((one) => one >= 0)
    ? numbers
    : null;
}

/**
 * The folders of this process's control group for a controller, from its own up
 * to the root, whose limits hold too. In a container the paths are often the
 * host's and not there; then the root, which is the container's own, remains.
 */
function foldersOf(groups: string, controller: string): string[] {
  for (const line of groups.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    if (!controllers.split(",").includes(controller)) continue;
    // Version 1 mounts each hierarchy under the names of all its controllers, with links for each.
    return [controllers, controller].flatMap((name) => ascending(`/sys/fs/cgroup/${name}`, path));
  }
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
  if (unified === undefined) return [];
  return [...ascending("/sys/fs/cgroup", unified), ...ascending("/sys/fs/cgroup/unified", unified)];
}

/** The folder of a path below a root, those above it, and the root. */
function ascending(root: string, path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [
    ...parts.map((_, i) => `${root}/${parts.slice(0, parts.length - i).join("/")}`),
    root,
  ];
}

/** How many processors' time the control group may use: the least of its own limit and those above it; null where there is none. */
function quotaOf(read: ReadText, groups: string): number | null {
  const quotas = foldersOf(groups, "cpu").flatMap((folder) => {
    const [quota, period] = read(`${folder}/cpu.max`)?.trim().split(/\s+/) ??
      [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)];
    // "max" and -1 are no limit.
    const share = Number(quota ?? NaN) / Number(period ?? NaN);
    return share > 0 && Number.isFinite(share) ? [share] : [];
  });
  return quotas.length === 0 ? null : Math.min(...quotas);
}

/** The processors that this process may use, as `0-3,8`. */
function cpusetOf(read: ReadText, groups: string): string | null {
  const names = ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"];
  for (const folder of foldersOf(groups, "cpuset")) {
    for (const name of names) {
      const found = lineOf(read(`${folder}/${name}`));
      if (found !== null && isList(found)) return found;
    }
  }
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read("/proc/self/status") ?? "")?.[1];
  return allowed !== undefined && isList(allowed) ? allowed : null;
}

const isList = (text: string) => /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text);

/**
 * How many numbers a list as `0-3,8` has; 0 where it is none.
 *
 * @example
 * ```ts
 * import { countOfList } from "./system.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(["0-3,8", "5", "all"].map(countOfList), [5, 1, 0]);
 * ```
 */
export function countOfList(text: string): number {
  if (!isList(text)) return 0;
  return text.split(",").reduce((sum, part) => {
    const [low = 0, high = low] = part.split("-").map(Number);
    return sum + Math.max(0, high - low + 1);
  }, 0);
}

const sizes: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const kinds = { Data: "data", Instruction: "code", Unified: "both" } as const;

/** The caches of the first processor, from the nearest on; null where the system does not tell. */
function cachesOf(read: ReadText): readonly Cache[] | null {
  const caches: Cache[] = [];
  for (let i = 0; i < 16; i++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${i}`;
    const of = (name: string) => lineOf(read(`${folder}/${name}`)) ?? "";
    const [, number, unit = ""] = /^(\d+)([KMG]?)$/.exec(of("size")) ?? [];
    const kind = Object.entries(kinds).find(([name]) => name === of("type"))?.[1];
    const level = Number(of("level"));
    // Some systems list caches without sizes.
    if (number === undefined || kind === undefined || !(level >= 1)) continue;
    const sharedBy = countOfList(of("shared_cpu_list")) || 1;
    caches.push({ level, kind, bytes: Number(number) * sizes[unit]!, sharedBy });
  }
  return caches.length === 0 ? null : caches.sort((a, b) => a.level - b.level);
}
