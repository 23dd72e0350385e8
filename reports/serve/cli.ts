/**
 * `deno task serve`: gives the pages of a folder to the browsers of this machine,
 * cross-origin isolated, so that they can run kernels with threads.
 *
 * @module
 */
import {
  defineCommand,
  interruptible,
  type Options,
  print,
  runCommand,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { quotePath } from "../../common/text.ts";
import { FileError, reasonOf } from "../../results/files.ts";
import { respond } from "./pages.ts";

const usualPort = 8123;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task serve [FOLDER] [options]",
  summary:
    "Serves the pages of a folder, by default of runs, to the browsers of this machine, so that " +
    '"Run it here" can use threads.',
  options: {
    port: {
      value: "N",
      help: `Listen on this port of 127.0.0.1, 0 for any that is free. Default: ${usualPort}.`,
    },
  },
  notes: [
    "The first page has the past runs, with links, trends and steps, as deno task report --index",
    "makes it. Ctrl-C ends it. Only pages (.html) and .json files are served. They have the headers",
    "Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy, without which browsers share no",
    "memory between threads, as they do not on a page that was opened as a file.",
    "Exit codes: 0 ended, 2 the folder cannot be read or the port not be had.",
  ],
  words: true,
  run,
});

async function run(found: Options): Promise<number> {
  const [asked = "runs", ...more] = found.words;
  if (more.length > 0) throw new UsageError("give one folder: deno task serve [FOLDER]");
  const port = wholeNumberOf(found, "port", { low: 0, high: 65535, otherwise: usualPort });
  const folder = await folderOf(asked);
  return await interruptible(async (signal) => {
    const server = listen(port, folder);
    print(`http://localhost:${server.addr.port}/`);
    signal.addEventListener("abort", () => void server.shutdown(), { once: true });
    await server.finished;
    return 0;
  });
}

/** The path of a folder, without links. */
async function folderOf(path: string): Promise<string> {
  try {
    const real = await Deno.realPath(path);
    if ((await Deno.stat(real)).isDirectory) return real;
  } catch (error) {
    throw new FileError(`cannot read the folder ${quotePath(path)}: ${reasonOf(error)}`);
  }
  throw new UsageError(`${quotePath(path)} is no folder; give the one that the pages are in`);
}

function listen(port: number, folder: string): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve(
      { port, hostname: "127.0.0.1", onListen: () => {} },
      (request) => respond(request, folder),
    );
  } catch (error) {
    throw new FileError(
      `cannot listen on port ${port}: ${reasonOf(error)}; --port N chooses another one`,
    );
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
