import { assertEquals, assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { readSafetensors } from "./safetensors.ts";
import { bytesOf, concat, safetensors, safetensorsWith, sourceOf } from "./files_testing.ts";

const six = new Float32Array([1, 2, 3, 4, 5, 6]);
const data = bytesOf(six);

async function readAll(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const { arrays } = await readSafetensors(sourceOf(bytes));
  const all: Record<string, number[]> = {};
  for (const [name, array] of arrays) all[name] = [...await array.read()];
  return all;
}

/** A header of one tensor called w, six float32 numbers but for what is changed. */
function one(change: Record<string, unknown>): string {
  return JSON.stringify({ w: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24], ...change } });
}

Deno.test("readSafetensors() reads tensors and metadata", async () => {
  const bytes = safetensors({ w: [[2, 2], six.subarray(0, 4)], b: [[2], six.subarray(4)] }, {
    model: "{}",
  });
  const { arrays, metadata } = await readSafetensors(sourceOf(bytes));
  assertEquals([...arrays.get("w")?.shape ?? []], [2, 2]);
  assertEquals([metadata.names(), metadata.text("model")], [["model"], "{}"]);
  assertEquals(await readAll(bytes), { w: [1, 2, 3, 4], b: [5, 6] });
});

Deno.test("readSafetensors() takes a header padded with spaces, and tensors of no elements", async () => {
  const header = JSON.stringify({
    none: { dtype: "F32", shape: [0, 2 ** 40], data_offsets: [0, 0] },
    w: { dtype: "F32", shape: [6], data_offsets: [0, 24] },
  });
  assertEquals(await readAll(safetensorsWith(`${header}     `, data)), { none: [], w: [...six] });
});

Deno.test("readSafetensors() reads bfloat16, float16 and integers, and leaves other tensors alone", async () => {
  const bfloat = bytesOf(new Uint16Array([0x3fc0, 0xc2f7]));
  const half = bytesOf(new Float16Array([0.333251953125]));
  const header = JSON.stringify({
    bf: { dtype: "BF16", shape: [2], data_offsets: [0, 4] },
    half: { dtype: "F16", shape: [1], data_offsets: [4, 6] },
    count: { dtype: "I64", shape: [], data_offsets: [6, 14] },
    tiny: { dtype: "F8_E4M3", shape: [1], data_offsets: [14, 15] },
  });
  const counts = bytesOf(new BigInt64Array([-7n]));
  const bytes = safetensorsWith(header, concat(bfloat, half, counts, new Uint8Array(1)));
  const { arrays } = await readSafetensors(sourceOf(bytes));
  assertEquals([...await arrays.get("bf")?.read() ?? []], [1.5, -123.5]);
  assertEquals([...await arrays.get("half")?.read() ?? []], [0.333251953125]);
  assertEquals([...await arrays.get("count")?.read() ?? []], [-7]);
  await assertRejects(
    () => arrays.get("tiny")?.read() ?? Promise.resolve(),
    ModelFileError,
    '"it": "tiny" has the dtype "F8_E4M3"; those that are read are float64, float32',
  );
});

const good = safetensors({ w: [[2, 3], six] });
const pair = (first: number[], second: number[]) =>
  JSON.stringify({
    a: { dtype: "F32", shape: [3], data_offsets: first },
    b: { dtype: "F32", shape: [3], data_offsets: second },
  });
const refused: Record<string, [bytes: Uint8Array, message: string]> = {
  "an empty file": [new Uint8Array(), "no safetensors file: it has 0 bytes"],
  "another kind of file": [concat("PK\x03\x04 some zip file"), "no JSON object begins at byte 8"],
  "a header beyond the file": [
    concat(bytesOf(new BigUint64Array([2n ** 63n])), good.subarray(8)),
    "its header says it has 9223372036854775808 bytes; the file has",
  ],
  "a header of more than 4 MiB": [
    safetensorsWith(`{${" ".repeat(2 ** 22)}}`, data),
    "its header has 4194306 bytes; at most 4194304 are read",
  ],
  "a header that is an array": [safetensorsWith("[1, 2, 3]", data), "no JSON object begins"],
  "a header that is not JSON": [safetensorsWith("{'w': 1}", data), "is not JSON"],
  "a header that is not UTF-8": [
    concat(good.subarray(0, 10), new Uint8Array([0xff]), good.subarray(11)),
    "is not UTF-8 text",
  ],
  "a file that ends in the data": [good.subarray(0, -1), "beyond the file's end"],
  "bytes after the data": [concat(good, "x"), "bytes 24 to 25 of its data belong to no tensor"],
  "a repeated name": [
    safetensorsWith(one({}).replace(/\}$/, `,"\\u0077":${JSON.stringify({})}}`), data),
    'has the key "w" twice',
  ],
  "a repeated key of a tensor": [
    safetensorsWith(one({}).replace('"shape"', '"dtype":"F32","shape"'), data),
    'has the key "dtype" twice',
  ],
  "a tensor that is a number": [
    safetensorsWith('{"w":12345}', data),
    "w is 12345; it must be an object",
  ],
  "a tensor without a shape": [
    safetensorsWith(one({ shape: undefined }), data),
    "w.shape is missing",
  ],
  "a negative axis": [
    safetensorsWith(one({ shape: [-2, -3] }), data),
    "w.shape[0] is -2; it must be a whole number, 0 or more",
  ],
  "an axis of text": [safetensorsWith(one({ shape: ["2", 3] }), data), 'w.shape[0] is "2"'],
  "a shape whose product overflows": [
    safetensorsWith(one({ shape: [2 ** 40, 2 ** 40] }), data),
    "needs Infinity bytes; its data_offsets give 24",
  ],
  "a shape beyond its bytes": [
    safetensorsWith(one({ shape: [2 ** 20, 2 ** 20] }), data),
    "needs 4398046511104 bytes; its data_offsets give 24",
  ],
  "offsets in disorder": [safetensorsWith(one({ data_offsets: [24, 0] }), data), "begin <= end"],
  "negative offsets": [
    safetensorsWith(one({ data_offsets: [-24, 0] }), data),
    "w.data_offsets[0] is -24",
  ],
  "three offsets": [safetensorsWith(one({ data_offsets: [0, 24, 24] }), data), "begin <= end"],
  "offsets that run out of the file": [
    safetensorsWith(one({ data_offsets: [2 ** 50, 2 ** 50 + 24] }), data),
    "beyond the file's end",
  ],
  "tensors that overlap": [safetensorsWith(pair([0, 12], [8, 20]), data), '"b" overlaps another'],
  "a gap between tensors": [
    safetensorsWith(pair([0, 8 + 4], [16, 28]), concat(data, "1234")),
    "bytes 12 to 16 of its data belong to no tensor",
  ],
  "an unknown dtype, once it is read": [
    safetensorsWith(one({ dtype: "F128" }), data),
    'has the dtype "F128"',
  ],
  "a dtype called like a property": [
    safetensorsWith(one({ dtype: "constructor" }), data),
    'has the dtype "constructor"',
  ],
  "metadata that are no object": [
    safetensorsWith(one({}).replace("{", '{"__metadata__":[],'), data),
    "__metadata__ is a list; it must be an object",
  ],
  "NaN": [
    safetensors({ w: [[1], new Float32Array([NaN])] }),
    '"w": its number 0 is NaN; weights and inputs must be finite',
  ],
};

for (const [what, [bytes, message]] of Object.entries(refused)) {
  Deno.test(`readSafetensors() refuses ${what} in one line`, async () => {
    const { message: found } = await assertRejects(() => readAll(bytes), ModelFileError, message);
    assertEquals(found.includes("\n"), false);
  });
}

Deno.test("readSafetensors() takes a tensor called __proto__ for what it is", async () => {
  const header = '{"__proto__":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}';
  const { arrays } = await readSafetensors(sourceOf(safetensorsWith(header, data)));
  assertEquals([...arrays.keys()], ["__proto__"]);
});
