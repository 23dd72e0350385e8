/**
 * Programs in processes of their own, with a limit of time.
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
  const signal = AbortSignal.timeout(limit);
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", FORCE_COLOR: "0" },
    signal,
  }).output();
  const decoder = new TextDecoder();
  const texts = { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (signal.aborted) throw new Error(`${command} did not end within ${limit / 1e3} s`);
  if (code !== 0) {
    const errors = texts.stderr.split("\n").find((line) => /\berror\b/i.test(line));
    throw new Error(
      errors?.trim() || lastLine(texts.stderr) || lastLine(texts.stdout) || `exit code ${code}`,
    );
  }
  return texts;
}
