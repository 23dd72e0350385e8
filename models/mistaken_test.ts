import { assertRejects } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { concat } from "./files_testing.ts";
import { readModelBytes } from "./read_model_file.ts";

const refuse = (name: string, content: string, message: string) =>
  assertRejects(() => readModelBytes(name, concat(content)), ModelFileError, message);

Deno.test("what was downloaded in place of a model is called what it is", async () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
  const page = "\n<!DOCTYPE html><html><title>Not found</title></html>";
  for (const ending of ["keras", "h5", "onnx", "safetensors", "npz", "json"]) {
    await refuse(`m.${ending}`, pointer, `"m.${ending}" is a pointer of Git LFS`);
    await refuse(`m.${ending}`, page, `"m.${ending}" is a web page`);
  }
});

Deno.test("what PyTorch saves is refused with what it can save instead", async () => {
  const advice = "what PyTorch saves is pickles, which are code; write the state_dict()";
  await refuse("m.safetensors", "PK\x03\x04archive/data.pkl", `is a zip archive: ${advice}`);
  for (const name of ["m.pt", "m.pth", "pytorch_model.bin", "m.ckpt"]) {
    await refuse(name, "PK\x03\x04", `got "${name}": ${advice}`);
  }
  await refuse("m.txt", "", 'got "m.txt"');
});
