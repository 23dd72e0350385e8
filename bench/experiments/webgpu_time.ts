/**
 * `deno task webgpu-time`: products with a bias, or workloads of the bench, on a
 * GPU, each verified before it is timed, in four ways: the time by the device's own
 * clock; the slope of time over queued calls, which leaves the wait out; a call
 * and reading its result; a call and waiting for it. The last two contain the
 * runtime's wait, 10 ms in Deno, which is shown too.
 *
 * @module
 */
import {
  defineCommand,
  namesOf,
  type Options,
  print,
  printWarning,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { errorLine } from "../../common/errors.ts";
import { formatNumber } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { quote } from "../../common/text.ts";
import { createWebGpuKernel } from "../../kernels/webgpu/webgpu.ts";
import type { WebGpuKernel } from "../../kernels/webgpu/webgpu_kernel.ts";
import { median } from "../../statistics/estimators.ts";
import { checkOutput } from "../check.ts";
import type { Cell, Contender } from "../contender.ts";
import { contenderOf } from "../contenders.ts";
import { createData } from "../data.ts";
import { createPeer, type PeerName } from "../peers/peers.ts";
import { secondsOfCall } from "../run/slots.ts";
import { type Workload, workloadFlops } from "../workload.ts";
import { suites } from "../workloads.ts";
import { createCublas } from "./cublas.ts";

const libraries = ["jax-webgpu", "tfjs-webgpu"] as const satisfies readonly PeerName[];
const peerNames = ["cublas", ...libraries] as const;

const usualShapes = {
  gpu: "1024x1024x1024,4096x4096x4096,1x4096x4096",
  software: "64x64x64,256x256x256,1x512x512",
};

const usualRounds = 9;

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task webgpu-time [options]",
  summary: "Times products on a GPU, after verifying each.",
  options: {
    shapes: {
      value: "MxNxK,…",
      help:
        `Time products of these shapes. Default: ${usualShapes.gpu}; on a software adapter ${usualShapes.software}.`,
    },
    workloads: {
      value: "A,B,…",
      help: "Time these workloads of the bench too, by name; dense is all of that suite.",
    },
    rounds: { value: "N", help: `How often each is timed. Default: ${usualRounds}.` },
    seconds: {
      value: "N",
      help: "Begin nothing after so many seconds, and say what is left out. Default: no end.",
    },
    peers: {
      value: "A,B",
      help: `Time these libraries too: ${peerNames.join(", ")}. Default: all of them.`,
    },
  },
  notes: ["GFLOP/s are by the device's own clock, or by the slope if it has none."],
  run,
});

// How long a sample is to last, in seconds: many times the wait, which makes its end uncertain.
const sampleLength = 0.15;
const mostCalls = 1024;
// More in one pass is more than the queue holds, which would begin another pass.
const mostDispatches = 250;

/** A list of shapes MxNxK. */
function shapesOf(text: string): Workload[] {
  return text.split(",").map((name) => {
    const [m = 0, n = 0, k = 0, ...more] = name.trim().split("x").map((part) =>
      /^\d+$/.test(part) ? Number(part) : NaN
    );
    if (more.length > 0 || ![m, n, k].every((size) => size >= 1 && size <= 65_536)) {
      throw new UsageError(
        `a shape is MxNxK with sizes from 1 to 65536, such as 512x512x512; got ${quote(name)}`,
      );
    }
    return { name: name.trim(), description: "", m, n, k, activation: "linear", useBias: true };
  });
}

async function secondsFor(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1e3;
}

/** Medians in seconds; null where there is no such clock. */
interface Times {
  readonly device: number | null;
  readonly slope: number;
  readonly read: number;
  readonly latency: number;
  readonly wait: number;
}

/** Workloads of the bench by their names, or all of a suite. */
function workloadsOf(given: Options): Workload[] {
  const { dense } = suites;
  const names = ["dense", ...dense.map(({ name }) => name)];
  const wanted = new Set(namesOf(given, "workloads", names, "workload", []));
  return dense.filter(({ name }) => wanted.has("dense") || wanted.has(name));
}

async function timeCell(cell: Cell, kernel: WebGpuKernel | null, rounds: number): Promise<Times> {
  const sample = (calls: number) =>
    secondsFor(async () => {
      for (let i = 0; i < calls; i++) await cell.run();
      await cell.finished();
    });
  let calls = 1;
  while (calls < mostCalls && await sample(calls) < sampleLength) calls *= 2;
  const times = { device: [] as number[], slope: [] as number[], read: [] as number[] };
  const [latency, wait]: [number[], number[]] = [[], []];
  const before = kernel?.recorder.dispatches ?? 0;
  await cell.run();
  const each = Math.max(1, (kernel?.recorder.dispatches ?? 0) - before);
  const timed = Math.max(1, Math.min(calls, Math.floor(mostDispatches / each)));
  await cell.finished();
  for (let round = 0; round < rounds; round++) {
    times.slope.push(await secondsOfCall(sample, calls, true));
    times.read.push(
      await secondsFor(async () => {
        await cell.run();
        await cell.output();
      }),
    );
    latency.push(await sample(1));
    wait.push(await sample(0));
    if (kernel?.open.timestamps) {
      const run = () => {
        for (let i = 0; i < timed; i++) void cell.run();
      };
      times.device.push(await kernel.recorder.time(run) / timed);
    }
  }
  return {
    device: times.device.length > 0 ? median(times.device) : null,
    slope: median(times.slope),
    read: median(times.read),
    latency: median(latency),
    wait: median(wait),
  };
}

/** Verifies, times and prints a line of the table; whether the output was right. */
async function timeOne(
  contender: Contender,
  workload: Workload,
  kernel: WebGpuKernel | null,
  rounds: number,
): Promise<boolean> {
  const { name } = contender;
  if (!contender.supports(workload)) return true;
  const data = createData(workload, 1);
  using cell = await contender.prepare(workload, data);
  const { y, z } = await cell.outputs();
  const { activation } = workload;
  const absolute = contender.absolute?.(activation) ?? 0;
  const tolerance = { ulp: contender.ulp(activation), absolute };
  const { status, detail } = checkOutput(workload, data, z, y, tolerance, 1);
  if (status !== "passed") {
    print(markdownRow([workload.name, name, `failed: ${detail}`, "", "", "", "", ""]));
    return false;
  }
  await cell.run();
  await cell.finished();
  const { device, slope, read, latency, wait } = await timeCell(cell, kernel, rounds);
  const milliseconds = [device, slope, read, latency, wait].map((seconds) =>
    seconds === null ? "no clock" : (seconds * 1e3).toFixed(3)
  );
  const gflops = workloadFlops(workload) / (device ?? slope) / 1e9;
  print(markdownRow([workload.name, name, ...milliseconds, formatNumber(gflops)]));
  return true;
}

/** Prints a table in Markdown; 1 where a result was wrong. */
async function run(given: Options): Promise<number> {
  const asked = textOf(given, "shapes");
  const wanted = namesOf(given, "peers", peerNames, "peer");
  const chosen = asked === undefined ? null : shapesOf(asked);
  const more = workloadsOf(given);
  const rounds = wholeNumberOf(given, "rounds", { low: 1, high: 1000, otherwise: usualRounds });
  const seconds = wholeNumberOf(given, "seconds", { low: 1, high: 86_400, otherwise: Infinity });
  const end = performance.now() + 1e3 * seconds;
  await using kernel = await createWebGpuKernel();
  const { description, software } = kernel.open;
  print(`${description}${software ? ": its times say nothing of a GPU" : ""}\n`);
  const shapes = asked === undefined && more.length > 0
    ? []
    : chosen ?? shapesOf(software ? usualShapes.software : usualShapes.gpu);
  const workloads = [...shapes, ...more];
  const titles = [
    "shape",
    "contender",
    "device, ms",
    "slope, ms",
    "with reading y, ms",
    "with waiting, ms",
    "waiting alone, ms",
    "GFLOP/s",
  ];
  print(markdownHead(titles, [2, 3, 4, 5, 6, 7]));
  let right = true;
  const left: string[] = [];
  await using peers = new AsyncDisposableStack();
  const contenders = [contenderOf(kernel)];
  for (const name of wanted) {
    try {
      contenders.push(peers.use(name === "cublas" ? createCublas() : await createPeer(name)));
    } catch (error) {
      printWarning(
        `${name} is skipped: ${errorLine(error)}. Consider naming the others (--peers)`,
      );
    }
  }
  for (const workload of workloads) {
    for (const [i, contender] of contenders.entries()) {
      if (performance.now() > end) left.push(`${workload.name} of ${contender.name}`);
      else {
        try {
          right = await timeOne(contender, workload, i === 0 ? kernel : null, rounds) && right;
        } catch (error) {
          printWarning(`${workload.name} of ${contender.name} is left out: ${errorLine(error)}`);
          right &&= i > 0;
        }
      }
    }
  }
  if (left.length > 0) printWarning(`no time was left for ${left.join(", ")} (--seconds)`);
  return right ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
