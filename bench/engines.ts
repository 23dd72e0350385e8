/**
 * Engines: the V8 flags that a process runs under. Programs that import the
 * library get the plain one; the tasks have flags that let V8 fuse vectors to
 * twice their width. A process cannot change its own flags, so that another
 * engine is another process.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { noFlags, readEngine } from "../results/environment.ts";

/** What can be asked for. */
export type EngineChoice = "plain" | "revec" | "both";

/** All that can be asked for. */
export const engineChoices: readonly EngineChoice[] = ["plain", "revec", "both"];

/** An engine: its short name, the flags that start it, and what `readEngine()` then says. */
export interface Engine {
  readonly name: string;
  readonly flags: string;
  readonly engine: string;
}

const task = config.tasks.bench.command;

/** The flags of the task. */
const taskFlags = /\bDENO_V8_FLAGS=(\S+)/.exec(task)?.[1] ?? "";

/** The permissions of the task, which its launches get too. */
export const permissions: readonly string[] = task.split(" ").filter((word) =>
  word.startsWith("--allow-")
);

/** How Deno is told of the lock file. deno.json does not name it, since `deno task` downloads all that is in a lock file it knows of. */
export function lockArguments(): readonly string[] {
  const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
  // With the configuration that it belongs to: under any other, Deno would remove from it what that does not name.
  return [`--config=${path("deno.json")}`, `--lock=${path("deno.lock")}`];
}

const engines: Readonly<Record<"plain" | "revec", Engine>> = {
  plain: { name: "plain", flags: noFlags, engine: "plain" },
  revec: { name: "revec", flags: taskFlags, engine: taskFlags },
};

/** The engines of a choice. */
export function enginesOf(choice: EngineChoice): readonly Engine[] {
  return choice === "both" ? [engines.plain, engines.revec] : [engines[choice]];
}

/** Whether this process runs under it. */
export function isOwn({ engine }: Engine): boolean {
  return readEngine() === engine;
}

/** The engine of this process. */
export function ownEngine(): Engine {
  const engine = readEngine();
  return Object.values(engines).find((known) => known.engine === engine) ??
    { name: "own", flags: engine, engine };
}
