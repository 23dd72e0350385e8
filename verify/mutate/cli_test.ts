import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../common/command.ts";
import { inFolder, namesIn, runDeno } from "../../common/deno_testing.ts";
import { parseFields } from "../../common/json_fields.ts";
import { mutantOf } from "../../results/mutation/fields.ts";
import { main } from "./cli.ts";

const small = ["--kernels", "naive", "--files", "naive.ts", "--effort", "smoke", "--witness", "0"];
// No mutant of this operator hangs, which would take its time to be found out.
const one = [...small, "--sample", "1", "--operators", "remove call"];

Deno.test("mutate tries a sample, writes file and page, and tries nothing twice", async () => {
  await inFolder(async (folder) => {
    const read = async () => {
      const fail = (where: string, what: string): never => {
        throw new Error(`${where} ${what}`);
      };
      const text = await Deno.readTextFile(join(folder, "mutation.json"));
      return parseFields(text, fail).list("mutants", mutantOf);
    };
    assertEquals(await main([...one, "--out", folder]), 0);
    assertEquals(namesIn(folder), ["mutants.jsonl", "mutation.html", "mutation.json", "original"]);
    const first = await read();
    assertEquals(first.length, 1);
    assert(first.every(({ file, kernel }) => file === "kernels/naive.ts" && kernel === "naive"));
    assert(first.some(({ outcome }) => outcome === "killed"), JSON.stringify(first));
    const journal = await Deno.readTextFile(join(folder, "mutants.jsonl"));
    assertEquals(await main([...one, "--out", folder]), 0);
    assertEquals(await Deno.readTextFile(join(folder, "mutants.jsonl")), journal);
    assertEquals(await read(), first);
  });
});

Deno.test("mutate makes no folder where its options are wrong", async () => {
  await inFolder(async (folder) => {
    const out = ["--out", join(folder, "new")];
    for (const wrong of [["--sample", "x"], ["--effort", "all"], ["--operators", "y"]]) {
      await assertRejects(() => main([...wrong, ...out]), UsageError);
    }
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("mutate --list of sources runs nothing and leaves nothing", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "new");
    const list = ["--list", "--sample", "3", "--out", out, "--effort", "full"];
    assertEquals(await main([...list, "--kernels", "naive,blocked"]), 0);
    assertEquals(await main([...list, "--kernels", "webgpu", "--files", "recorder.ts"]), 0);
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("mutate --list that is interrupted leaves nothing, and does not return 0", async () => {
  await inFolder(async (folder) => {
    const stop = new AbortController();
    const ended = runDeno(
      [
        ...["run", "--allow-all", "--quiet", "--no-check"],
        ...[new URL("cli.ts", import.meta.url).href, "--list", "--out", join(folder, "new")],
        ...["--kernels", "wasm-simd"],
      ],
      { signal: stop.signal },
    );
    const copies = join(folder, "new", "copies", "original", "verify", "mutate", "change.json");
    const isThere = () => Deno.stat(copies).then(() => true, () => false);
    while (!await isThere()) await new Promise((done) => setTimeout(done, 20));
    stop.abort();
    const { code, stdout } = await ended;
    assertEquals([code, stdout], [1, ""]);
    assertEquals(namesIn(folder), []);
  });
});
