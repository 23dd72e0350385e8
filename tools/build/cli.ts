/**
 * `deno task build`: makes `dist/`, a package as `npm pack` and a page's script
 * element take it. With `--worker` it writes kernels/wasm/worker_text.ts anew.
 *
 * @module
 */
import { defineCommand, print, runCommand } from "../../common/command.ts";
import { formatCount } from "../../common/numbers.ts";
import { writeWhole } from "../../results/files.ts";
import { buildPackage } from "./build.ts";
import { bundleWorker, endBundler, pathOf } from "./bundle.ts";
import { textPath, workerTextModule } from "./worker_text.ts";

/** The command. */
export const main = defineCommand({
  usage: "deno task build [--worker]",
  summary: "Makes dist/, a package for npm and for pages, with its types.",
  options: {
    worker: {
      value: null,
      help: `Write ${textPath} anew instead, after a change of the worker's code.`,
    },
  },
  run: async ({ given }) => {
    try {
      if (given.has("worker")) {
        await writeWhole(pathOf(textPath), workerTextModule(await bundleWorker()));
        print(`wrote ${textPath}`);
        return 0;
      }
      const names = await buildPackage(pathOf("dist"));
      print(`wrote ${formatCount(names.length, "file")} to dist/; next: npm pack ./dist`);
      return 0;
    } finally {
      await endBundler();
    }
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
