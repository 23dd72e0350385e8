/**
 * For tests of commands and files: temporary folders, and Deno in a process of
 * its own.
 *
 * @module
 */

/** Calls `test` with the path of an empty folder, and removes that with all that is in it then. */
export async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a folder contains, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
}

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Deno with these arguments, without colours. */
export async function runDeno(
  args: readonly string[],
  { env = {}, ...options }: Pick<Deno.CommandOptions, "cwd" | "env" | "signal"> = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args],
    env: { NO_COLOR: "1", FORCE_COLOR: "", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
