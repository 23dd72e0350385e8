// Thousands of edits of a sample of every format: each is read or refused in one line.
import { assertEquals } from "@std/assert";
import { assert as check, asyncProperty } from "fast-check";
import { fileURLToPath } from "node:url";
import { edits } from "./edits_testing.ts";
import { applyEdits, succeeds } from "./files_testing.ts";
import { readModelBytes } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { encodeZip, Zip } from "./zip.ts";

const seed = 11;
const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const bytesOf = (name: string) => Deno.readFileSync(`${folder}/${name}`);

type Make = (edited: Uint8Array<ArrayBuffer>) => Promise<
  readonly [name: string, bytes: Uint8Array, others?: Readonly<Record<string, Uint8Array>>]
>;

/** Edits one part of a model many times, and reads and folds each. */
async function fuzz(good: Uint8Array, make: Make, runs: number): Promise<void> {
  const count = { true: 0, false: 0 };
  await check(
    asyncProperty(edits, async (changes) => {
      const files = await make(applyEdits(good, changes));
      count[`${await succeeds(async () => runnableOf(await readModelBytes(...files)))}`]++;
    }),
    { seed, numRuns: runs },
  );
  assertEquals(count.false > 0, true, JSON.stringify(count));
}

const config = await (await Zip.open("it", bytesOf("sequential_bn.keras"))).read("config.json");

for (
  const [name, others] of [
    ["sequential_bn.keras", {}],
    ["sequential_bn.h5", {}],
    ["functional_mlp.h5", {}],
    ["sequential_bn.weights.h5", { "sequential_bn.json": config }],
    ["sequential_bn.npz", { "sequential_bn.json": config }],
    ["sequential_bn.safetensors", { "sequential_bn.json": config }],
    ["gemm_matmul.onnx", {}],
    ["torch_style.onnx", {}],
    ["bad/dtypes.h5", {}],
  ] as const
) {
  Deno.test(`readModelBytes() reads or refuses any edit of ${name}, seed ${seed}`, async () => {
    const base = name.replace(/^.*\//, "");
    await fuzz(bytesOf(name), (bytes) => Promise.resolve([base, bytes, others]), 2000);
  });
}

for (const part of ["config.json", "model.weights.h5"]) {
  Deno.test(`readModelBytes() reads or refuses any edit of ${part} within a .keras, seed ${seed}`, async () => {
    const zip = await Zip.open("it", bytesOf("sequential_bn.keras"));
    const entries: Record<string, Uint8Array> = {};
    for (const entry of zip.entries.keys()) entries[entry] = await zip.read(entry);
    // With the right checksums, so that what is within is read.
    const make: Make = async (bytes) => ["m.keras", await encodeZip({ ...entries, [part]: bytes })];
    await fuzz(entries[part]!, make, 300);
  });
}

for (const part of ["model.json", "group1-shard1of2.bin"]) {
  Deno.test(`readModelBytes() reads or refuses any edit of ${part} of tfjs, seed ${seed}`, async () => {
    const names = ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"];
    const files = Object.fromEntries(names.map((name) => [name, bytesOf(`tfjs_bn/${name}`)]));
    const make: Make = (bytes) => {
      const { "model.json": json, ...shards } = { ...files, [part]: bytes };
      return Promise.resolve(["model.json", json!, shards]);
    };
    await fuzz(files[part]!, make, 2000);
  });
}

Deno.test("readModelBytes() refuses every file that ends early", async () => {
  for (
    const [name, others] of [
      ["sequential_bn.keras", {}],
      ["sequential_bn.h5", {}],
      ["gemm_matmul.onnx", {}],
      ["sequential_bn.npz", {}],
      ["sequential_bn.safetensors", {}],
    ] as const
  ) {
    const whole = bytesOf(name);
    for (let i = 1; i < 100; i++) {
      const cut = whole.subarray(0, Math.floor(whole.length * i / 100));
      const isRead = await succeeds(() => readModelBytes(name, cut, others));
      assertEquals(isRead, false, `${name}, ${i} %`);
    }
  }
});
