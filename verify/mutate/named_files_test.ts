import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readOptions, UsageError } from "../../common/command.ts";
import { readSources } from "./copy.ts";
import { moduleKinds } from "./module_names.ts";
import { expectNamedFiles } from "./named_files.ts";
import { options, readPlan } from "./plan.ts";

const sources = readSources();
const check = (...args: string[]) =>
  expectNamedFiles(readPlan(readOptions(args, options)), sources);

Deno.test("what is in no file and no kind of generated code is refused, with what there is", () => {
  for (
    const [args, message] of [
      [["--files", "nothing"], /"nothing" is in no path of naive, .*naive\.ts.*generated copy/],
      [["--files", "tile,nothing"], /"nothing"/],
      [["--files", "tiel"], /"tiel"/],
      [["--files", "kernels/webgpu/recorder.ts"], /recorder/],
      [["--files", "tile", "--kernels", "naive"], /"tile" is in no path of naive; there are/],
      [["--files", "tile", "--operators", "remove call", "--kernels", "blocked"], /"tile"/],
    ] as const
  ) assertMatch(assertThrows(() => check(...args), UsageError).message, message);
});

Deno.test("files by a part of their path and modules by a part of their name are let through", () => {
  check();
  for (
    const files of [
      "naive.ts",
      "kernels/wasm/",
      "tile",
      "til",
      "tile 8",
      "network 3",
      "sigmoid",
      "add",
    ]
  ) check("--files", files);
  // Its programs have names that are known only when it runs.
  check("--files", "epilogue", "--kernels", "webgpu");
});

Deno.test("the kinds of modules are those that the kernels' code names", () => {
  const named = [...sources].filter(([path]) => path.startsWith("kernels/wasm/")).flatMap((
    [, text],
  ) =>
    [...text.matchAll(/\.(?:made|instance)(?:<[^(]*>)?\(\s*["`]([a-z0-9]+)\b/g)].map(([, kind]) =>
      kind!
    )
  );
  const missing = named.filter((kind) => !(moduleKinds as readonly string[]).includes(kind));
  assertEquals([missing, named.length > 8], [[], true]);
});
