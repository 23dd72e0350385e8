import { assert } from "@std/assert";
import { bundleWorker, endBundler, pathOf } from "./bundle.ts";
import { textPath, workerTextModule } from "./worker_text.ts";

Deno.test({
  name: "the worker's text is that of its source; if not: deno task build --worker",
  // esbuild has a process of its own, which is ended at the end.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    try {
      const expected = workerTextModule(await bundleWorker());
      assert(Deno.readTextFileSync(pathOf(textPath)) === expected, `${textPath} is out of date`);
    } finally {
      await endBundler();
    }
  },
});
