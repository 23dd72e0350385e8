import { assertEquals } from "@std/assert";
import {
  array,
  assert as check,
  asyncProperty,
  constantFrom,
  integer,
  jsonValue,
  oneof,
  string,
} from "fast-check";
import { edits } from "./edits_testing.ts";
import { parseObject } from "./json.ts";
import { parseKerasModel } from "./keras_config.ts";
import { readModel } from "./read_model.ts";
import { readNpy } from "./npy.ts";
import { readSafetensors } from "./safetensors.ts";
import {
  applyEdits,
  concat,
  inFolder,
  npy,
  safetensors,
  sourceOf,
  succeeds,
} from "./files_testing.ts";

const seed = 7;
const values = Float32Array.from({ length: 12 }, (_, i) => i / 4 - 1);

/** Runs edited bytes through a reader, of which some must be read and some refused. */
async function fuzz(
  good: Uint8Array,
  read: (bytes: Uint8Array) => Promise<unknown>,
  runs: number,
): Promise<void> {
  const count = { true: 0, false: 0 };
  await check(
    asyncProperty(edits, async (changes) => {
      count[`${await succeeds(() => read(applyEdits(good, changes)))}`]++;
    }),
    { seed, numRuns: runs },
  );
  assertEquals([count.true > 0, count.false > 0], [true, true], JSON.stringify(count));
}

Deno.test(`readNpy() reads or refuses any edit of a file, seed ${seed}`, async () => {
  await fuzz(npy([3, 4], values), async (bytes) => {
    await (await readNpy(sourceOf(bytes))).read();
  }, 5000);
});

const tensors = safetensors(
  {
    w: [[3, 2], values.subarray(0, 6)],
    b: [[2], values.subarray(6, 8)],
    c: [[], values.subarray(8, 9)],
  },
  { model: "{}" },
);

Deno.test(`readSafetensors() reads or refuses any edit of a file, seed ${seed}`, async () => {
  await fuzz(tensors, async (bytes) => {
    const { arrays } = await readSafetensors(sourceOf(bytes));
    for (const each of arrays.values()) await each.read();
  }, 5000);
});

const layer = {
  class_name: "Dense",
  config: { name: "fc", units: 2, activation: "relu", use_bias: true },
  weights: { kernel: "w", bias: "b", transposed: false },
};
const description = {
  class_name: "Sequential",
  config: {
    layers: [
      { class_name: "InputLayer", config: { batch_shape: [null, 3] } },
      layer,
      { class_name: "Activation", config: { activation: "softmax" } },
    ],
  },
};

Deno.test(`parseKerasModel() reads or refuses any edit of a text, seed ${seed}`, async () => {
  const decoder = new TextDecoder();
  const read = (bytes: Uint8Array) => parseKerasModel(parseObject(decoder.decode(bytes), "it"));
  await fuzz(
    concat(JSON.stringify(description)),
    (bytes) => Promise.resolve().then(() => read(bytes)),
    20000,
  );
});

/** A copy of a JSON value in which the part that `path` leads to is another. */
function replace(value: unknown, path: readonly number[], other: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== "object" || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return other;
  const entries = Object.entries(value).map(([name, part]) =>
    [name, name === key ? replace(part, rest, other) : part] as const
  );
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}

Deno.test(`readModel() reads or refuses any value in place of any of its JSON's, seed ${seed}`, async () => {
  const count = { true: 0, false: 0 };
  const other = oneof(
    jsonValue({ maxDepth: 2 }),
    string(),
    integer(),
    constantFrom("w", "b", "../w"),
  );
  await inFolder({ "m.safetensors": tensors }, async (folder) => {
    await check(
      asyncProperty(
        array(integer({ min: 0, max: 9 }), { maxLength: 6 }),
        other,
        async (path, value) => {
          const text = JSON.stringify(replace(description, path, value));
          await Deno.writeTextFile(`${folder}/m.json`, text);
          count[`${await succeeds(() => readModel(`${folder}/m.json`))}`]++;
        },
      ),
      { seed, numRuns: 500 },
    );
  });
  assertEquals([count.true > 0, count.false > 0], [true, true], JSON.stringify(count));
});
