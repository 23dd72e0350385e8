/**
 * Programs in processes of their own, with a limit of time: at its end all that a
 * program started is ended with it, since a child that is left would keep its
 * output open.
 *
 * @module
 */

/** How a program ended that succeeded. */
export interface Executed {
  readonly stdout: string;
  readonly stderr: string;
}

/** The last line with text in it, which of an error is as a rule the clearest. */
const lastLine = (text: string) => text.trim().split("\n").at(-1)?.trim() ?? "";

/** Ends a process and those that it started, where the system has groups of processes. */
export function endGroup(process: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") process.kill("SIGKILL");
    else Deno.kill(-process.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/**
 * Runs a program without colours.
 *
 * @throws where it cannot be started, fails, or takes longer than `limit` milliseconds.
 */
export async function execute(
  command: string,
  args: readonly string[],
  { cwd, limit = 120_000 }: { readonly cwd: string; readonly limit?: number },
): Promise<Executed> {
  const process = new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", FORCE_COLOR: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // The leader of a group, which can be ended as a whole.
    detached: true,
  }).spawn();
  const ended = process.output();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      ended.catch(() => {});
      endGroup(process);
      reject(new Error(`${command} did not end within ${limit / 1e3} s`));
    }, limit);
  });
  const { code, stdout, stderr } = await Promise.race([ended, late])
    .finally(() => clearTimeout(timer));
  const decoder = new TextDecoder();
  const texts = { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (code !== 0) {
    const errors = texts.stderr.split("\n").find((line) => /\berror\b/i.test(line));
    throw new Error(
      errors?.trim() || lastLine(texts.stderr) || lastLine(texts.stdout) || `exit code ${code}`,
    );
  }
  return texts;
}
