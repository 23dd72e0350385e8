/**
 * Downloads the packages that a peer's file imports, by `deno cache` in a process
 * of its own, which tells what it downloads while it does. What was downloaded
 * once is in Deno's cache, and must be what deno.lock has the hash of.
 *
 * @module
 */
import { denoPath } from "../../common/deno_path.ts";
import { DensemarkError } from "../../common/errors.ts";
import { lockArguments } from "../engines.ts";

/** A download that goes on. */
export interface Download {
  /** The peer's name. */
  readonly name: string;
  /** Of all its packages, where none is there yet. */
  readonly megabytes: number;
  /** How many packages were asked for so far. */
  readonly packages: number;
}

/** The packages could not be downloaded. */
export class DownloadError extends DensemarkError {
  override name = "DownloadError";
}

/** Why a download failed, in a line, from what Deno wrote: what it wanted, and the first cause that it names. */
export function reasonOf(stderr: string): string {
  const failed = /^error: (.*)$/m.exec(stderr)?.[1] ?? "Deno does not say why";
  const [cause] = /(?<=^ +0: )(?!<).*$/m.exec(stderr) ?? [];
  return cause === undefined ? failed : `${failed} (${cause.trim().replace(/\.$/, "")})`;
}

/** What Deno is asked for; another command in tests. */
function cacheCommand(file: URL): Deno.Command {
  return new Deno.Command(denoPath(), {
    args: ["cache", ...lockArguments(), "--frozen", file.href],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1", FORCE_COLOR: "" },
  });
}

/**
 * Downloads what is not in Deno's cache yet.
 *
 * @param onPackage Is told how many packages were asked for; not called where all are there.
 * @throws {DownloadError}
 */
export async function downloadPackages(
  file: URL,
  onPackage: (count: number) => void,
  command: (file: URL) => Deno.Command = cacheCommand,
): Promise<void> {
  let process: Deno.ChildProcess;
  try {
    process = command(file).spawn();
  } catch {
    // Without the permission Deno downloads in silence, when the file is imported.
    return;
  }
  let text = "";
  let count = 0;
  for await (const part of process.stderr.pipeThrough(new TextDecoderStream())) {
    text += part;
    const found = [...text.matchAll(/^Download .*\.tgz$/gm)].length;
    if (found > count) onPackage(count = found);
  }
  if ((await process.status).success) return;
  throw new DownloadError(
    `its packages could not be downloaded from npm: ${
      reasonOf(text)
    }. Consider a look at the network; what was downloaded once is kept`,
  );
}
