// Whether V8 makes 256-bit code of the wide register tile where its flags allow it. Its trace says which
// pairs of operations it fused; changes of the generated order or addresses can prevent that.
import { assertEquals, assertMatch } from "@std/assert";
import { runDeno } from "../../common/deno_testing.ts";
import { createRandom, seedOf } from "../../common/random.ts";
import { floats } from "../../verify/check.ts";
import { type CoreOptions, memoryOf } from "./core.ts";
import { rowsOfTile } from "./geometry.ts";
import { range } from "../range.ts";
import { createSingle } from "./single_testing.ts";

const seed = 2563;
const revectorize = ["--experimental-wasm-revectorize", "--no-liftoff"];

/** Runs a script with exactly these flags of V8, and returns what it and V8 print. */
async function runWith(flags: readonly string[], script: string): Promise<string> {
  const { stdout, stderr, code } = await runDeno(["eval", script], {
    cwd: new URL("../..", import.meta.url),
    env: { DENO_V8_FLAGS: flags.join() },
    signal: AbortSignal.timeout(300_000),
  });
  assertEquals([stderr, code], ["", 0]);
  return stdout;
}

/** Whether V8 can use AVX2 here, without which it fuses nothing; prints where it cannot, since then nothing is tested. */
async function hasAvx2(): Promise<boolean> {
  // V8 prints the features of the processor before its flags.
  const found = /\bAVX2=1\b.*\bFMA3=1\b/.test(await runWith(["--help"], ""));
  // deno-lint-ignore no-console -- a test that tests nothing must say so
  if (!found) console.log("no AVX2: V8 cannot fuse vectors on this machine");
  return found;
}

/** A tile of 8 lanes as a thread of a kernel has it. */
interface TileCase {
  readonly nr: number;
  readonly depth: number;
  readonly thread?: number;
  readonly fused?: boolean;
  readonly add?: boolean;
}

/** The trace of V8 compiling the tile, with optimisation, for its first call. */
async function traceOf(
  { nr, depth, thread = 0, fused = true, add = false }: TileCase,
  flags: readonly string[],
): Promise<string> {
  const options: CoreOptions = { lanes: 8, fused, shared: thread > 0, threads: thread + 1 };
  const { minimum: initial, maximum, shared } = memoryOf(options);
  return await runWith(
    [...flags, "--trace-wasm-revectorize"],
    `import { Core } from "${new URL("core.ts", import.meta.url)}";
    const memory = new WebAssembly.Memory(${JSON.stringify({ initial, maximum, shared })});
    const core = new Core(memory, ${JSON.stringify(options)}, ${thread});
    core.tile(${nr}, ${depth}, ${add}).tile();`,
  );
}

const tiles: readonly TileCase[] = [
  { nr: 48, depth: 64 },
  ...[8, 16, 24, 32, 40, 48].map((nr) => ({ nr, depth: 16 })),
  // A depth that is not a multiple of 4; the slots of another thread in shared memory; unfused multiply-adds.
  { nr: 48, depth: 13 },
  { nr: 48, depth: 48, add: true },
  { nr: 48, depth: 64, thread: 2 },
  { nr: 40, depth: 16, fused: false },
];

Deno.test("V8 fuses every pair of vectors of the wide tile except its moves", async () => {
  if (!await hasAvx2()) return;
  for (const tile of tiles) {
    const trace = await traceOf(tile, revectorize);
    const [functions, finished] = ["Begin", "Finished"].map((what) =>
      trace.split("\n").filter((line) => line.startsWith(`${what} revec function`)).length
    );
    assertEquals([functions, finished], [1, 1], JSON.stringify(tile));
    const packs: Record<string, number> = {};
    for (const [, kind = ""] of trace.matchAll(/New(?:Shuffle)?PackNode \d+: PackNode (\w+)/g)) {
      packs[kind] = (packs[kind] ?? 0) + 1;
    }
    const { nr, depth, fused = true } = tile;
    const mr = rowsOfTile(nr, 8);
    const pairs = mr * nr / 8;
    const multiply = fused
      ? { Simd128Ternary: depth * pairs }
      : { Simd128Binop: 2 * depth * pairs };
    const want = { Store: pairs, Simd128Constant: pairs, Load: depth * nr / 8, ...multiply };
    assertEquals(packs, { ...want, Simd128Shuffle: depth * mr }, JSON.stringify(tile));
    // It reports what it does not fuse, with the reason: here only the stores that move the previous
    // tile, each of which has its bounds check.
    const refusals = trace.split("\n").filter((line) => /failed|can't|unsupported/i.test(line));
    const [why = "", failed = ""] = refusals;
    assertMatch(why, /Can't pack nodes with side effects between them/);
    assertMatch(failed, /Building SLP tree failed/);
    assertEquals(refusals, range(2 * pairs).map((i) => i % 2 ? failed : why), JSON.stringify(tile));
    // Every pair saves an instruction, except shuffles. A store would not count where the lower half came
    // first, and there would be a cost where one half of a pair was used alone.
    const [, save, cost] = /DecideVectorize \d+: Save: (\d+), cost: (\d+)\n/.exec(trace) ?? [];
    const saved = Object.values(want).reduce((sum, count) => sum + count, 0);
    assertEquals([save, cost], [`${saved}`, "0"], JSON.stringify(tile));
    assertMatch(trace, /Decided to vectorize, [1-9]\d* revectorizable nodes/);
  }
});

Deno.test("V8 fuses the products of the probe that are adjacent, and not those that are apart", async () => {
  if (!await hasAvx2()) return;
  const url = new URL("width_probe.ts", import.meta.url);
  const probe = (addresses: string) =>
    `import { chooseLanes, timeWidths } from "${url}";
    console.log("lanes", chooseLanes(timeWidths("${addresses}")));`;
  const trace = await runWith([...revectorize, "--trace-wasm-revectorize"], probe("constant"));
  const stores = trace.split("\n").filter((line) => /NewPackNode \d+: PackNode Store/.test(line));
  assertEquals(stores.length, 7);
  assertMatch(trace, /Decided to vectorize, [1-9]\d* revectorizable nodes/);
  assertMatch(trace, /^lanes 8$/m);
  assertMatch(await runWith(["--no-liftoff"], probe("constant")), /^lanes 4$/m);
  // Deno's V8 checks bounds, which keeps it from fusing what is not at constant addresses.
  const checked = await runWith([...revectorize, "--trace-wasm-revectorize"], probe("variable"));
  assertEquals(/NewPackNode \d+: PackNode Store|Decided to vectorize/.test(checked), false);
  assertMatch(checked, /^lanes 4$/m);
});

Deno.test("without the flag V8 fuses nothing", async () => {
  assertEquals(await traceOf({ nr: 48, depth: 16 }, ["--no-liftoff"]), "");
});

/** A hash of the bits of some products on the tile of so many lanes, direct or not; other processes import it. */
export async function hashOf(lanes: 4 | 8, unchecked: boolean): Promise<string> {
  await using kernel = createSingle(`${lanes} lanes`, { lanes, unchecked });
  const bytes: Uint8Array[] = [];
  for (
    const [m, n, k] of [
      [97, 130, 300],
      [6, 49, 129],
      [449, 48, 128],
      [9, 100, 515],
      [4, 1030, 520],
      [
        7,
        700,
        21,
      ],
    ] as const
  ) {
    const random = createRandom(seedOf(`${m} ${n} ${k}`, seed));
    const x = kernel.tensor([m, k], floats(m * k, -1, 1, random));
    const weight = kernel.tensor([k, n], floats(k * n, -1, 1, random));
    const y = kernel.tensor([m, n]);
    for (let time = 0; time < 2; time++) {
      for (const activation of ["tanh", "relu"] as const) {
        kernel.dense(x, weight, null, activation, y);
        bytes.push(new Uint8Array((await y.read()).buffer));
      }
    }
  }
  const all = new Uint8Array(await new Blob(bytes as BlobPart[]).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
}

Deno.test("256-bit code, 128-bit code, the narrow tile and the direct ones give the same bits", async () => {
  const narrow = await hashOf(4, false);
  for (const [lanes, unchecked] of [[8, false], [4, true], [8, true]] as const) {
    assertEquals(await hashOf(lanes, unchecked), narrow, `${lanes} ${unchecked} seed ${seed}`);
  }
  if (!await hasAvx2()) return;
  for (const unchecked of [false, true]) {
    const script = `import { hashOf } from "${import.meta.url}";
      console.log(await hashOf(8, ${unchecked}));`;
    assertEquals(await runWith(revectorize, script), `${narrow}\n`, `${unchecked} seed ${seed}`);
  }
});
