import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { bitPatterns } from "../common/float_bits.ts";
import { ModelFileError } from "./errors.ts";
import { readNpy } from "./npy.ts";
import { readSafetensors } from "./safetensors.ts";
import { openSource, type Source } from "./source.ts";
import type { StoredArray } from "./stored_array.ts";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));

function open(name: string): Promise<Source> {
  return openSource(`${folder}/${name}`);
}

async function expected<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(`${folder}/${name}.expected.json`)) as T;
}

/** Holds that an action is refused in one line. */
async function assertRefused(action: () => Promise<unknown>, message: string): Promise<void> {
  const error = await assertRejects(action, ModelFileError, message);
  assertEquals(/[\p{Cc}]/u.test(error.message), false, error.message);
}

for (
  const [name, of] of [
    ["npy_f2", (i: number) => i + 0.5],
    ["npy_fortran", (i: number) => i],
    ["npy_big_endian", (i: number) => i],
    ["npy_int64", (i: number) => i],
    ["npy_bool", (i: number) => i % 2 === 0 ? 1 : 0],
  ] as const
) {
  Deno.test(`readNpy() reads ${name}.npy as NumPy wrote it`, async () => {
    const array = await readNpy(await open(`${name}.npy`));
    assertEquals(array.shape, [2, 3]);
    assertEquals([...await array.read()], [0, 1, 2, 3, 4, 5].map(of));
  });
}

type Nested = number | readonly Nested[];

Deno.test("readSafetensors() reads every dtype to the bit, and refuses integers that float32 does not hold one by one", async () => {
  const { arrays } = await readSafetensors(await open("dtypes.safetensors"));
  const { values } = await expected<{ values: Record<string, Nested> }>("dtypes.safetensors");
  assertEquals([...arrays.keys()], Object.keys(values));
  for (const [name, array] of arrays) {
    if (["I32", "I64"].includes(name)) {
      await assertRefused(() => array.read(), "which float32 does not hold exactly");
    } else {
      const want = Float32Array.from([values[name]!].flat(2) as number[]);
      assertEquals(bitPatterns(await array.read()), bitPatterns(want), name);
    }
  }
  assertEquals(arrays.get("empty")?.shape, [0, 3]);
  assertEquals(arrays.get("scalar")?.shape, []);
});

Deno.test("readSafetensors() reads the bits of a Keras model's weights", async () => {
  const { arrays, metadata } = await readSafetensors(await open("sequential_bn.safetensors"));
  assertEquals(metadata.text("format"), "keras");
  const { weights } = await expected<
    { weights: { layer: string; shape: number[]; first: number[]; bits_xor: number }[] }
  >("sequential_bn");
  const seen = new Map<string, number>();
  for (const { layer, shape, first, bits_xor } of weights) {
    const index = seen.get(layer) ?? 0;
    seen.set(layer, index + 1);
    const array: StoredArray | undefined = arrays.get(`${layer}/${index}`);
    const values = await array?.read() ?? new Float32Array();
    assertEquals(array?.shape, shape);
    assertEquals([...values.subarray(0, first.length)], first);
    assertEquals(bitPatterns(values).reduce((all, bits) => (all ^ bits) >>> 0, 0), bits_xor);
  }
  assertEquals(arrays.size, weights.length);
});

for (
  const [name, message] of [
    ["header_too_long", "its header says it has 1099511627776 bytes; the file has 2 after"],
    ["offset_past_end", '"a" ends at byte 79, beyond the file\'s end at 75'],
    ["overlap", '"b" overlaps another tensor'],
    ["shape_mismatch", '"a": its shape [3] of "F32" needs 12 bytes; its data_offsets give 16'],
  ] as const
) {
  Deno.test(`readSafetensors() refuses bad/${name}.safetensors in one line`, async () => {
    await assertRefused(
      async () => await readSafetensors(await open(`bad/${name}.safetensors`)),
      message,
    );
  });
}
