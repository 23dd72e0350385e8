import { assertEquals, assertRejects } from "@std/assert";
import { pathToFileURL } from "node:url";
import { ArgumentError } from "../common/errors.ts";
import { bytesOf, concat, inFolder, safetensors } from "./files_testing.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";

const six = new Float32Array([1, 2, 3, 4, 5, 6]);
const file = safetensors({ "fc.kernel": [[3, 2], six] });
const namesIn = ({ layers }: Awaited<ReturnType<typeof readModelFile>>) =>
  layers.map(({ name }) => name);

Deno.test("readModelFile() takes the URL of a file, with what is odd in it", async () => {
  await inFolder({ "m ü#1%20.safetensors": file }, async (folder) => {
    const url = pathToFileURL(`${folder}/m ü#1%20.safetensors`);
    assertEquals(namesIn(await readModelFile(url)), ["fc"]);
  });
});

Deno.test("readModelBytes() takes bytes wherever they lie, and buffers as fetch() gives them", async () => {
  const within = concat("abc", file, "d").subarray(3, 3 + file.length);
  for (const bytes of [file, file.buffer, within]) {
    assertEquals(namesIn(await readModelBytes("m.safetensors", bytes)), ["fc"]);
  }
});

Deno.test("what is no file, and what is no bytes, is refused in one line", async () => {
  const refuse = (action: () => Promise<unknown>, message: string) =>
    assertRejects(action, ArgumentError, message);
  const read = readModelFile as (path: unknown) => Promise<unknown>;
  await refuse(() => read(undefined), "readModelFile() takes a path, or a URL of a file; got und");
  const web = "https://example.com/model.json";
  await refuse(() => read(new URL(web)), `of "${web}" give the bytes to readModelBytes()`);
  const given = readModelBytes as (...given: unknown[]) => Promise<unknown>;
  const wanted = "must be a Uint8Array or an ArrayBuffer; got";
  for (const bytes of ["text", undefined, { modelTopology: {} }, [1, 2], new Blob([file])]) {
    await refuse(() => given("m.h5", bytes), `the bytes of "m.h5" ${wanted}`);
  }
  const json = concat("{}");
  await refuse(() => given("m.json", json, { "g.bin": "text" }), `the bytes of "g.bin" ${wanted}`);
  await refuse(() => given(json), "readModelBytes() takes the file's name first; got");
});

Deno.test("a shard is found where its name begins with ./ in either place", async () => {
  const dense = { class_name: "Dense", config: { name: "fc", units: 2, use_bias: false } };
  const manifestOf = (path: string) => [{
    paths: [path],
    weights: [{ name: "fc/kernel", shape: [3, 2], dtype: "float32" }],
  }];
  const shard = new Uint8Array(bytesOf(six));
  for (const path of ["g.bin", "./g.bin"]) {
    const model = {
      modelTopology: { class_name: "Sequential", config: [dense] },
      weightsManifest: manifestOf(path),
    };
    const json = JSON.stringify(model);
    for (const name of ["g.bin", "./g.bin"]) {
      const read = await readModelBytes("model.json", concat(json), { [name]: shard });
      assertEquals(namesIn(read), ["fc"]);
    }
    await inFolder({ "model.json": json, "g.bin": shard }, async (folder) => {
      assertEquals(namesIn(await readModelFile(`${folder}/model.json`)), ["fc"]);
    });
  }
});
