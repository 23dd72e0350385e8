/**
 * `deno task webgpu-trial`: all that is to be known of a GPU that is at hand for
 * minutes: whether the kernel is right there, then its speed beside cuBLAS and
 * other libraries. Each step is a process with a time of its own, so that one that
 * hangs leaves time for the next.
 *
 * @module
 */
import {
  defineCommand,
  type Options,
  print,
  printWarning,
  runCommand,
} from "../../common/command.ts";
import { denoPath } from "../../common/deno_path.ts";

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task webgpu-trial [options]",
  summary: "Verifies webgpu on this machine's GPU and times it, in less than 8 minutes.",
  options: {
    rehearse: { value: null, help: "Run the same steps on small sizes, in less than 2 minutes." },
  },
  notes: [
    "Times appear as they are taken: what was measured before an interruption is not lost.",
  ],
  run,
});

/** A process of the trial. */
interface Step {
  readonly file: string;
  readonly args: readonly string[];
  /** After so many seconds it is ended. */
  readonly seconds: number;
}

const squares = [1024, 2048, 4096, 8192].map((n) => `${n}x${n}x${n}`);

const whole: readonly Step[] = [
  {
    file: "verify/cli.ts",
    args: [
      "--kernels",
      "webgpu",
      "--require",
      "webgpu",
      "--checks",
      "exact-forward,exact-backward",
    ],
    seconds: 110,
  },
  {
    file: "bench/experiments/webgpu_time.ts",
    args: ["--shapes", [...squares, "1x4096x4096", "32x4096x4096"].join(","), "--rounds", "5"],
    seconds: 160,
  },
  {
    file: "bench/experiments/webgpu_time.ts",
    args: ["--workloads", "dense", "--rounds", "3"],
    seconds: 200,
  },
];

const rehearsal: readonly Step[] = [
  {
    file: "verify/cli.ts",
    args: ["--kernels", "webgpu", "--require", "webgpu", "--checks", "copies"],
    seconds: 50,
  },
  {
    file: "bench/experiments/webgpu_time.ts",
    args: ["--shapes", "64x64x64,1x256x256", "--rounds", "1"],
    seconds: 35,
  },
  {
    file: "bench/experiments/webgpu_time.ts",
    args: ["--workloads", "tiny-odd,jet", "--rounds", "1"],
    seconds: 30,
  },
];

// A command that is told to begin nothing more has so long to finish what it began.
const graceSeconds = 15;

async function runStep({ file, args, seconds }: Step): Promise<boolean> {
  const limited = file.startsWith("bench/")
    ? [...args, "--seconds", `${seconds - graceSeconds}`]
    : args;
  print(`\n# ${file} ${limited.join(" ")}\n`);
  const start = performance.now();
  const { code } = await new Deno.Command(denoPath(), {
    args: ["run", "--lock=deno.lock", "--quiet", "--allow-all", file, ...limited],
    cwd: new URL("../..", import.meta.url),
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal: AbortSignal.timeout(1e3 * seconds),
  }).output();
  print(`\n${((performance.now() - start) / 1e3).toFixed(0)} s`);
  if (code !== 0) printWarning(`${file} ended with ${code}; its limit is ${seconds} s`);
  return code === 0;
}

/** Runs the steps; 1 where one of them failed or was ended. */
async function run({ given }: Options): Promise<number> {
  let right = true;
  for (const step of given.has("rehearse") ? rehearsal : whole) {
    right = await runStep(step) && right;
  }
  return right ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
