import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../../common/deno_testing.ts";
import { foreignKernels } from "./inspect.ts";
import { KernelModuleError } from "./module_path.ts";

const product = "export default (shape, a, b) => new Float32Array(shape.m * shape.n);";

/** The names of the kernels of these files. */
function namesOf(
  files: Readonly<Record<string, string>>,
  milliseconds = 60_000,
): Promise<string[]> {
  return inFolder(async (folder) => {
    const paths = Object.keys(files).map((name) => join(folder, name));
    for (const path of paths) {
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, files[path.slice(folder.length + 1)]!);
    }
    const found = await foreignKernels(paths.join(","), ["naive", "taken"], milliseconds);
    return found.map(({ name }) => name);
  });
}

Deno.test("foreignKernels() names kernels by their module, or by its file", async () => {
  assertEquals(
    await namesOf({ "one.js": product, "two.js": `${product} export const name = "second";` }),
    ["one", "second"],
  );
});

Deno.test("foreignKernels() refuses a name that another kernel has, or would have", async () => {
  const twice = { "a/mine.js": product, "b/mine.js": product };
  await assertRejects(() => namesOf(twice), KernelModuleError, 'are both called "mine"');
  for (const name of ["taken", "naive-control"]) {
    await assertRejects(
      () => namesOf({ "x.js": `${product} export const name = "${name}";` }),
      KernelModuleError,
      `is called "${name}", as one of Densemark's own is or would be; its module can give it another`,
    );
  }
});

Deno.test("foreignKernels() survives a module that never ends to load", async () => {
  await assertRejects(
    () => namesOf({ "x.js": "for (;;);" }, 1000),
    KernelModuleError,
    "could not be loaded: no heartbeat for 1 s",
  );
});
