/**
 * In a copy of the code whose kernels have a probe in every region: which regions
 * a test case reached, and which generated modules it ran. A region that makes a
 * module is reached by each case that runs it, whichever case had it compiled.
 *
 * @module
 */

/** The most regions of all sources. */
export const mostRegions = 8192;

/** By the number of a region: 1 where this thread reached it since the last `take()`. */
export const reached: Uint8Array<ArrayBuffer> = new Uint8Array(mostRegions);

/** What was reached, as numbers of regions and names of modules. */
export interface Reached {
  /** A bit for each region, in Base64. */
  readonly regions: string;
  readonly modules: readonly string[];
}

/** A case of the kernel as it is. */
export interface ReachedCase extends Reached {
  readonly check: string;
  readonly id: string;
  readonly seconds: number;
}

const makers = new Map<string, Uint8Array<ArrayBuffer>>();
const used = new Set<string>();
/** The functions of modules that a table holds, which others may call unseen. */
const inTables = new Set<string>();
const originals = new WeakMap<object, { readonly module: string; readonly value: unknown }>();

function addTo(flags: Uint8Array): void {
  for (let i = 0; i < flags.length; i++) flags[i]! |= reached[i]!;
}

function bitsOf(flags: Uint8Array): string {
  const bits = new Uint8Array(Math.ceil(mostRegions / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i] !== 0) bits[i >> 3]! |= 1 << (i & 7);
  return bits.toBase64();
}

/** Has a module generated, and keeps what was reached meanwhile apart. */
export function generated(
  name: string,
  bytes: () => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const before = reached.slice();
  reached.fill(0);
  try {
    return bytes();
  } finally {
    const own = makers.get(name) ?? new Uint8Array(mostRegions);
    addTo(own);
    makers.set(name, own);
    reached.set(before);
  }
}

let watching = false;

/** Tables take the functions of modules alone. */
function watchTables(): void {
  if (watching) return;
  watching = true;
  const { set } = WebAssembly.Table.prototype;
  WebAssembly.Table.prototype.set = function (index: number, value?: unknown) {
    const original = typeof value === "function" ? originals.get(value) : undefined;
    if (original) inTables.add(original.module);
    return set.call(this, index, original ? original.value : value);
  };
}

/** The exports of a module, whose calls are seen. */
export function watched(module: string, exports: WebAssembly.Exports): WebAssembly.Exports {
  watchTables();
  const own = Object.entries(exports).map(([name, value]) => {
    if (typeof value !== "function") return [name, value] as const;
    const call = (...values: readonly unknown[]): unknown => {
      used.add(module);
      // What networks run, they run by a table.
      if (module.startsWith("network")) inTables.forEach((other) => used.add(other));
      return value(...values);
    };
    originals.set(call, { module, value });
    return [name, call] as const;
  });
  return Object.fromEntries(own);
}

const outside = { regions: new Uint8Array(mostRegions), modules: new Set<string>() };

function clear(): void {
  reached.fill(0);
  used.clear();
}

/** Begins a case: what was reached since the last one belongs to none. */
export function beginCase(): void {
  addTo(outside.regions);
  for (const name of used) outside.modules.add(name);
  clear();
}

/** What was reached in the case. */
export function endCase(): Reached {
  const taken = { regions: bitsOf(reached), modules: [...used] };
  clear();
  return taken;
}

/** What was reached outside of all cases. */
export function outsideCases(): Reached {
  return { regions: bitsOf(outside.regions), modules: [...outside.modules] };
}

/** The regions that made each module. */
export function makersOf(): ReadonlyMap<string, string> {
  return new Map([...makers].map(([name, flags]) => [name, bitsOf(flags)]));
}
