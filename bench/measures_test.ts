import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../cli/command.ts";
import { main as batchOne } from "./batch_one.ts";
import { main as coldStart } from "./cold_start.ts";

for (const [name, main] of Object.entries({ "batch-one": batchOne, "cold-start": coldStart })) {
  Deno.test(`${name} prints its help, and refuses what it does not know`, async () => {
    assertEquals(await main(["--help"]), 0);
    await assertRejects(() => main(["--fast"]), UsageError, "unknown option --fast");
    await assertRejects(() => main(["fast"]), UsageError, 'unexpected argument "fast"');
  });
}
