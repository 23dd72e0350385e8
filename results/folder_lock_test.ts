import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../common/command.ts";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { FileError } from "./files.ts";
import { lockFolder } from "./folder_lock.ts";

Deno.test("lockFolder() lets one in at a time", async () => {
  await inFolder(async (folder) => {
    {
      using _ = await lockFolder(folder);
      await assertRejects(() => lockFolder(folder), UsageError, "another command works in");
    }
    if (Deno.build.os !== "windows") assertEquals([...Deno.readDirSync(folder)], []);
    using _ = await lockFolder(folder);
  });
});

Deno.test("lockFolder() is free once a process that had it was killed", async () => {
  await inFolder(async (folder) => {
    const script = `import { lockFolder } from ${
      JSON.stringify(new URL("folder_lock.ts", import.meta.url))
    };
      await lockFolder(${JSON.stringify(folder)});
      Deno.kill(Deno.pid, "SIGKILL");`;
    await runDeno(["eval", "--quiet", script]);
    using _ = await lockFolder(folder);
  });
});

Deno.test("lockFolder() of no folder says so", async () => {
  await inFolder((folder) =>
    assertRejects(() => lockFolder(join(folder, "none")), FileError, "cannot write")
  );
});
