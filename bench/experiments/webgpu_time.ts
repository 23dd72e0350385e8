/**
 * `deno task webgpu-time`: products with a bias on a GPU, each proven right
 * before it is timed, in four ways that answer four questions: what the device
 * takes by its own clock; the slope of time over queued calls, which leaves
 * waiting out; a call and reading its result; a call and waiting for it. The
 * last two have the runtime's wait in them, 10 ms in Deno, which is shown too.
 *
 * @module
 */
import {
  defineCommand,
  namesOf,
  type Options,
  print,
  printError,
  runCommand,
  textOf,
  UsageError,
} from "../../common/command.ts";
import { createWebGpuKernel } from "../../kernels/webgpu/webgpu.ts";
import type { WebGpuKernel } from "../../kernels/webgpu/webgpu_kernel.ts";
import { checkOutput } from "../check.ts";
import { type Cell, type Contender, contenderOf } from "../contender.ts";
import { createData } from "../data.ts";
import { createPeer, type PeerName } from "../peers/peers.ts";
import { secondsOfCall } from "../run/sample.ts";
import { median } from "../../statistics/estimators.ts";
import { flopsOf, type Workload } from "../workloads.ts";

const peerNames = ["jax-webgpu", "tfjs-webgpu"] as const satisfies readonly PeerName[];

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task webgpu-time [options]",
  summary: "Times products on a GPU, each proven right first.",
  options: {
    shapes: {
      value: "MxNxK,…",
      help: "default 1024x1024x1024,4096x4096x4096,1x4096x4096; smaller on a software adapter",
    },
    peers: { value: "A,B", help: `of ${peerNames.join(", ")}; default all` },
  },
  notes: ["GFLOP/s are by the device's own clock, or by the slope where it has none."],
  run,
});

const rounds = 9;
// A block of calls is to last so long, in seconds: many times the wait that its end is blurred by.
const blockSeconds = 0.3;
const mostCalls = 128;

/** A list of shapes MxNxK. */
function shapesOf(text: string): Workload[] {
  return text.split(",").map((name) => {
    const [m = 0, n = 0, k = 0, ...more] = name.trim().split("x").map((part) =>
      /^\d+$/.test(part) ? Number(part) : NaN
    );
    if (more.length > 0 || ![m, n, k].every((size) => size >= 1 && size <= 65_536)) {
      throw new UsageError(
        `a shape is MxNxK with sizes from 1 to 65536, such as 512x512x512; got ${
          JSON.stringify(name)
        }`,
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
  const block = (calls: number) =>
    secondsFor(async () => {
      for (let i = 0; i < calls; i++) await cell.run();
      await cell.finished();
    });
  // From one call up, by doubling, until a block is long enough.
  let calls = 1;
  while (calls < mostCalls && await block(calls) < blockSeconds) calls *= 2;
  const times = { device: [] as number[], slope: [] as number[], read: [] as number[] };
  const [latency, wait]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    times.slope.push(await secondsOfCall(block, calls, true));
    times.read.push(
      await secondsFor(async () => {
        await cell.run();
        await cell.output();
      }),
    );
    latency.push(await block(1));
    wait.push(await block(0));
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

/** Verifies and times; a line of the table, and whether it was right. */
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
    print(`| ${workload.name} | ${name} | wrong: ${detail} | | | | | |`);
    return false;
  }
  await cell.run();
  await cell.finished();
  const { device, slope, read, latency, wait } = await timeCell(cell, kernel);
  const milliseconds = [device, slope, read, latency, wait].map((seconds) =>
    seconds === null ? "no clock" : (seconds * 1e3).toFixed(3)
  );
  const gflops = flopsOf(workload) / (device ?? slope) / 1e9;
  print(`| ${workload.name} | ${name} | ${milliseconds.join(" | ")} | ${gflops.toFixed(1)} |`);
  return true;
}

/** Prints a table in Markdown; 1 where a result was wrong. */
async function run(given: Options): Promise<number> {
  const asked = textOf(given, "shapes");
  const wanted = namesOf(given, "peers", peerNames, "peer");
  const chosen = asked === undefined ? null : shapesOf(asked);
  await using kernel = await createWebGpuKernel();
  const { description, software } = kernel.open;
  print(`${description}${software ? ": right for checks, its times say nothing of a GPU" : ""}\n`);
  const defaults = software
    ? "64x64x64,256x256x256,1x512x512"
    : "1024x1024x1024,4096x4096x4096,1x4096x4096";
  const workloads = chosen ?? shapesOf(defaults);
  print(
    "| shape | who | device, ms | slope, ms | with reading y, ms | with waiting, ms | waiting alone, ms | GFLOP/s |",
  );
  print("| --- | --- | --: | --: | --: | --: | --: | --: |");
  let right = true;
  const own = contenderOf(kernel);
  for (const workload of workloads) right = await timeOne(own, workload, kernel) && right;
  for (const name of wanted) {
    try {
      await using peer = await createPeer(name);
      for (const workload of workloads) right = await timeOne(peer, workload, null) && right;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      printError(`${name} takes no part: ${message.split("\n")[0]}`);
    }
  }
  return right ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
