import { assertEquals, assertRejects } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { ModelFileError } from "./errors.ts";
import { bytesOf, concat, inFolder } from "./files_testing.ts";
import { message, node, onnxFile, tensor } from "./onnx_testing.ts";
import { readModelBytes, readModelFile } from "./read_model_file.ts";
import { runnableOf } from "./runnable.ts";
import { sequentialOf } from "./sequential.ts";

const w = new Float32Array([1, 2, 3, 4, 5, 6]);
const b = new Float32Array([7, 8, 9]);
const data = new Uint8Array(concat(bytesOf(w), "    ", bytesOf(b)));
const none = new Float32Array();

/** What a tensor says of data in another file. */
const places = (entries: Readonly<Record<string, string>>) =>
  [
    ...Object.entries(entries).map(([key, value]) => [13, message([1, key], [2, value])] as const),
    [14, 1] as const,
  ] as const;
const gemm = node("Gemm", ["x", "w", "b"], "y");
const file = (ofW: Record<string, string>, ofB: Record<string, string>) =>
  onnxFile([gemm], [
    tensor("w", [2, 3], none, ...places(ofW)),
    tensor("b", [3], none, ...places(ofB)),
  ]);
const location = "m.onnx.data";
const inW = { location, offset: "0", length: "24" };
const inB = { location, offset: "28", length: "12" };

Deno.test("an ONNX file is read with the data that lie beside it", async () => {
  await using kernel = await createKernel("naive");
  const read = [
    await readModelBytes("m.onnx", file(inW, inB), { [location]: data }),
    // Without them, from the beginning and to the end.
    await readModelBytes("m.onnx", file({ location: "w" }, { location: "./b" }), {
      w: bytesOf(w),
      b: bytesOf(b),
    }),
  ];
  await inFolder({ "m.onnx": file(inW, inB), [location]: data }, async (folder) => {
    read.push(await readModelFile(`${folder}/m.onnx`));
  });
  for (const stored of read) {
    using network = sequentialOf(kernel, runnableOf(stored));
    assertEquals([...(await network.predict([[1, 10]])).data], [48, 60, 72]);
  }
});

Deno.test("data beside an ONNX file are read within its folder, and each byte once", async () => {
  const refuse = async (ofB: Record<string, string>, says: string) =>
    await inFolder({ "m.onnx": file(inW, ofB), [location]: data }, async (folder) => {
      await assertRejects(() => readModelFile(`${folder}/m.onnx`), ModelFileError, says);
    });
  await refuse({ location: "others.data" }, 'others.data": there is no such file');
  await refuse({ location: "../m.onnx.data" }, "must lie in the model's folder");
  await refuse({ location: "/etc/passwd" }, "must lie in the model's folder");
  await refuse({ offset: "0" }, "must lie in the model's folder");
  await refuse({ ...inB, offset: "32" }, "ends early: bytes 32 to 44 are needed of 40");
  await refuse(
    { ...inB, offset: "-4" },
    'the offset of its data must be a number of bytes; got "-4"',
  );
  await refuse({ ...inB, length: "1e1" }, "the length of its data must be a number of bytes");
  await refuse({ ...inB, length: "8" }, "needs 12 bytes; it has 8");
  await refuse(
    { location, offset: "0", length: "24" },
    "its data and those before have 48 bytes; the files that have them 40",
  );
});

Deno.test("a Constant's data are not looked for elsewhere", async () => {
  const value = tensor("w", [2, 3], none, ...places(inW));
  const constant = message([2, "v"], [4, "Constant"], [5, message([1, "value"], [5, value])]);
  const bytes = onnxFile([constant, node("Gemm", ["x", "v"], "y")], []);
  await assertRejects(
    () => readModelBytes("m.onnx", bytes, { [location]: data }),
    ModelFileError,
    "its data are in another file, which is opened for a graph's initializers alone",
  );
});
