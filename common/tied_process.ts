/**
 * A command that ends when the process that started it does, however that ends:
 * one that is killed outright cannot stop its children. Between the two is a process,
 * this file, that reads its standard input from the one that started it: the system
 * ends that input with the process, and then the command is asked to end.
 *
 * @module
 */
import { denoPath } from "./deno_path.ts";
import { leaveEndToParent } from "./endings.ts";

/** How a command is tied to this process. */
export interface Tie {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds that it has to end after SIGINT; then it is killed. */
  readonly grace: number;
}

/**
 * Starts Deno with these arguments and without standard input. What it writes and its exit code
 * are those of the returned process, the end of whose standard input ends it.
 */
export function startTied(args: readonly string[], { cwd, env, grace }: Tie): Deno.ChildProcess {
  const own = ["run", "--quiet", "--no-config", "--no-lock", "--allow-run=deno", import.meta.url];
  return new Deno.Command(denoPath(), {
    args: [...own, String(grace), ...args],
    cwd,
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run([grace, ...args]: readonly string[]): Promise<number> {
  leaveEndToParent();
  const command = new Deno.Command(denoPath(), { args: [...args], stdin: "null" }).spawn();
  const end = (signal: Deno.Signal) => {
    try {
      command.kill(signal);
    } catch {
      // It has ended by itself.
    }
  };
  void Deno.stdin.readable.pipeTo(new WritableStream()).catch(() => {}).then(() => {
    end("SIGINT");
    Deno.unrefTimer(setTimeout(() => end("SIGKILL"), Number(grace)));
  });
  return (await command.status).code;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
