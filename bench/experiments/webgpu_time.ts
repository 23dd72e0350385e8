/**
 * `deno task webgpu-time`: products with a bias on a GPU, each verified before it
 * is timed, in four ways that answer four questions: the time by the device's own
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

const peerNames = ["jax-webgpu", "tfjs-webgpu"] as const satisfies readonly PeerName[];

const usualShapes = {
  gpu: "1024x1024x1024,4096x4096x4096,1x4096x4096",
  software: "64x64x64,256x256x256,1x512x512",
};

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
    peers: {
      value: "A,B",
      help: `Time these libraries too: ${peerNames.join(", ")}. Default: all of them.`,
    },
  },
  notes: ["GFLOP/s are by the device's own clock, or by the slope if it has none."],
  run,
});

const rounds = 9;
// How long a sample is to last, in seconds: many times the wait, which makes its end uncertain.
const sampleLength = 0.3;
const mostCalls = 128;

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

async function timeCell(cell: Cell, kernel: WebGpuKernel | null): Promise<Times> {
  const sample = (calls: number) =>
    secondsFor(async () => {
      for (let i = 0; i < calls; i++) await cell.run();
      await cell.finished();
    });
  let calls = 1;
  while (calls < mostCalls && await sample(calls) < sampleLength) calls *= 2;
  const times = { device: [] as number[], slope: [] as number[], read: [] as number[] };
  const [latency, wait]: [number[], number[]] = [[], []];
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
        for (let i = 0; i < calls; i++) void cell.run();
      };
      times.device.push(await kernel.recorder.time(run) / calls);
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
): Promise<boolean> {
  const { name } = contender;
  const data = createData(workload, 1);
  using cell = await contender.prepare(workload, data);
  const { y, z } = await cell.outputs();
  const tolerance = { ulp: contender.ulp("linear"), absolute: 0 };
  const { status, detail } = checkOutput(workload, data, z, y, tolerance, 1);
  if (status !== "passed") {
    print(markdownRow([workload.name, name, `failed: ${detail}`, "", "", "", "", ""]));
    return false;
  }
  await cell.run();
  await cell.finished();
  const { device, slope, read, latency, wait } = await timeCell(cell, kernel);
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
  await using kernel = await createWebGpuKernel();
  const { description, software } = kernel.open;
  print(`${description}${software ? ": its times say nothing of a GPU" : ""}\n`);
  const workloads = chosen ?? shapesOf(software ? usualShapes.software : usualShapes.gpu);
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
  const own = contenderOf(kernel);
  for (const workload of workloads) right = await timeOne(own, workload, kernel) && right;
  for (const name of wanted) {
    try {
      await using peer = await createPeer(name);
      for (const workload of workloads) right = await timeOne(peer, workload, null) && right;
    } catch (error) {
      printWarning(
        `${name} is skipped: ${errorLine(error)}. Consider naming the others (--peers)`,
      );
    }
  }
  return right ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
