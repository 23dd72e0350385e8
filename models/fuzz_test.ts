import { assertEquals } from "@std/assert";
import {
  array,
  assert as check,
  asyncProperty,
  constantFrom,
  double,
  integer,
  jsonValue,
  oneof,
  record,
  string,
  uint8Array,
} from "fast-check";
import { ModelFileError } from "./errors.ts";
import { parseDescription } from "./description.ts";
import { readModel } from "./read_model.ts";
import { readNpy } from "./npy.ts";
import { readSafetensors } from "./safetensors.ts";
import {
  applyEdits,
  concat,
  type Edit,
  inFolder,
  npy,
  safetensors,
  sourceOf,
} from "./files_testing.ts";

const seed = 7;
const values = Float32Array.from({ length: 12 }, (_, i) => i / 4 - 1);

// What such files are made of, and what breaks readers.
const words = [
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  ",",
  ":",
  "'",
  '"',
  "\\",
  "0",
  "-1",
  "99999999999999999999",
  "1e999",
  "null",
  "True",
  "<f4",
  ">f4",
  "|O",
  "F32",
  "F64",
  "BF16",
  "shape",
  "'shape': (",
  "data_offsets",
  "dtype",
  "__metadata__",
  "__proto__",
  "constructor",
  "layers",
  "units",
  "\u202e",
  "\0",
  "\n",
].map((word) => concat(word)); // deno-fmt-ignore

const edits = array(
  record<Edit>({
    kind: constantFrom("overwrite", "insert", "remove", "cut"),
    at: double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bytes: oneof(uint8Array({ minLength: 1, maxLength: 8 }), constantFrom(...words)),
  }),
  { minLength: 1, maxLength: 4 },
);

/** True where an action succeeds, false where it is a ModelFileError of one line; anything else is thrown on. */
async function succeeds(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    assertEquals(error.message.length > 0 && !/\p{Cc}/u.test(error.message), true, error.message);
    return false;
  }
}

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

Deno.test(`parseDescription() reads or refuses any edit of a text, seed ${seed}`, async () => {
  const decoder = new TextDecoder();
  await fuzz(
    concat(JSON.stringify(description)),
    (bytes) => Promise.resolve().then(() => parseDescription(decoder.decode(bytes), "it")),
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
