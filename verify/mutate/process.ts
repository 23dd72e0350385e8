/**
 * A process that says lines of JSON, watched: it is ended where it is silent for
 * too long. Nothing is allowed to it but to read its own copy of the code.
 *
 * @module
 */
import { join, relative } from "node:path";
import { denoPath } from "../../common/deno_path.ts";
import { cleanText } from "../../common/text.ts";

/** How a process ended. */
export interface Ended {
  /** Whether it was silent for too long. */
  readonly hung: boolean;
  /** Whether the caller ended it. */
  readonly stopped: boolean;
  readonly code: number;
  /** The last it wrote to standard error. */
  readonly errors: string;
}

/** How a process is watched. */
export interface Watch<Line> {
  /** Seconds without a line, from the first on, after which it is taken to hang. */
  readonly silence: number;
  /** Other folders that it may read. */
  readonly readable?: readonly string[];
  readonly signal: AbortSignal;
  readonly onLine: (line: Line) => void;
}

/** The lines of a stream of UTF-8, without their ends. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/**
 * What a process in `folder` may read, as Deno's flag has it. Relative to the folder, since Deno
 * takes every comma for the end of a path (2.9.6 refuses one that is doubled, too).
 */
function readableFrom(folder: string, paths: readonly string[]): string {
  const relatives = paths.map((path) => relative(folder, path) || ".");
  const odd = relatives.find((path) => path.includes(","));
  if (odd !== undefined) throw new Error(`Deno cannot be allowed to read ${odd}, for its comma`);
  return `--allow-read=${relatives.join(",")}`;
}

/** Runs the script at `path` in a copy of the code with a job on its standard input. */
export async function runScript<Line>(
  folder: string,
  path: string,
  job: object,
  { silence, readable = [], signal, onLine }: Watch<Line>,
): Promise<Ended> {
  const process = new Deno.Command(denoPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-config", "--no-lock", "--no-npm", "--no-remote"],
      ...["--no-prompt", readableFrom(folder, [folder, ...readable])],
      // A mutant that asks for memory without end must not take the machine's.
      "--v8-flags=--max-old-space-size=1024",
      join(folder, path),
    ],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let [hung, stopped] = [false, false];
  const end = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const stop = () => {
    stopped = true;
    end();
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const errors = new Response(process.stderr).text();
  // It may end before it has read all of it.
  const given = new Response(JSON.stringify(job)).body!.pipeTo(process.stdin).catch(() => {});
  try {
    for await (const line of linesOf(process.stdout)) {
      // Before the first line the machine may keep it waiting, which says nothing of it.
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = true;
        end();
      }, 1e3 * silence);
      if (line.startsWith("{")) onLine(JSON.parse(line) as Line);
    }
    const { code } = await process.status;
    await given;
    return { hung, stopped, code, errors: cleanText((await errors).slice(-2000), 300) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    end();
  }
}
