/**
 * Whether this program may load the workers that it is about to start. Deno lets
 * each that it may not load fail by itself, with several lines on standard error
 * that no handler of the command sees; said first, it is one.
 *
 * @module
 */
import { UsageError } from "../common/command.ts";
import { mayLoad } from "../kernels/wasm/worker_module.ts";

/**
 * Refuses to go on where a worker of this module could not be loaded.
 *
 * @param what What is done in workers, in the plural: `the checks`.
 * @throws {UsageError} with the permission that it takes.
 */
export function expectWorkers(module: URL, what: string): void {
  if (mayLoad(module, Deno)) return;
  const permission = module.protocol === "file:" ? "--allow-read" : `--allow-import=${module.host}`;
  throw new UsageError(`${what} run in workers; to load them takes the permission ${permission}`);
}
