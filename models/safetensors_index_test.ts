import { assertEquals, assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { readModel } from "./read_model.ts";
import { inFolder, safetensors } from "./files_testing.ts";

const six = new Float32Array([1, 2, 3, 4, 5, 6]);
const two = new Float32Array([7, 8]);
const index = "m.safetensors.index.json";
const json = JSON.stringify({
  layers: [{
    class_name: "Dense",
    config: { name: "fc", units: 2 },
    weights: { kernel: "w", bias: "b" },
  }],
});
const shards = {
  "m-1.safetensors": safetensors({ w: [[3, 2], six] }),
  "m-2.safetensors": safetensors({ b: [[2], two], other: [[2], two] }),
};
const mapOf = (weight_map: unknown) => JSON.stringify({ metadata: { total_size: 32 }, weight_map });

Deno.test("readModel() reads safetensors in several files, as their index says", async () => {
  const map = mapOf({ w: "m-1.safetensors", b: "./m-2.safetensors" });
  await inFolder({ ...shards, "m.json": json, [index]: map }, async (folder) => {
    const { layers } = await readModel(`${folder}/${index}`);
    assertEquals([layers[0]?.weight, layers[0]?.bias], [six, two]);
  });
});

Deno.test("an index of safetensors that does not hold is refused with what is missing", async () => {
  const refuse = async (map: unknown, message: string, files = {}) =>
    await inFolder({ ...shards, "m.json": json, [index]: mapOf(map), ...files }, async (folder) => {
      await assertRejects(() => readModel(`${folder}/${index}`), ModelFileError, message);
    });
  await refuse({ w: "m-1.safetensors", b: "m-3.safetensors" }, 'm-3.safetensors": there is no');
  await refuse(
    { w: "m-1.safetensors", b: "m-1.safetensors" },
    'weight_map.b is not in "m-1.safetensors", where the index has it',
  );
  await refuse({ w: "../m-1.safetensors" }, "must lie in the model's folder");
  await refuse({ w: 3 }, "weight_map.w");
  const pickles = 'names "m-1.bin", which is none of safetensors: what PyTorch saves is pickles';
  await refuse({ w: "m-1.bin" }, pickles);
  const whole = { w: "m-1.safetensors", b: "m-2.safetensors" };
  await inFolder({ ...shards, [index]: mapOf(whole) }, async (folder) => {
    const message = `needs a JSON with its layers: "${folder}/m.json"`;
    await assertRejects(() => readModel(`${folder}/${index}`), ModelFileError, message);
  });
});
