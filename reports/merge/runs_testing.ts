/**
 * Runs of several machines for tests, made of the sample by halving times,
 * leaving out and renaming; nothing in here was measured.
 *
 * @module
 */
import { denoBench, googleBenchmark, hyperfine } from "../interop/foreign_testing.ts";
import { reportFileOf } from "../interop/report_file.ts";
import type { Result, Results } from "../../results/schema.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import type { Merged } from "./merged.ts";

/** Another machine: twice as fast, without a workload and a peer, with one workload more. */
export function otherMachine(): Results {
  const sample = sampleResults();
  const results = sample.results.filter(({ workload }) => workload !== "tiny-odd")
    .filter(({ kernel }) => kernel !== "onnxruntime-web").map(faster);
  const [first] = results;
  if (first === undefined) throw new Error("the sample is empty");
  return {
    ...sample,
    suite: "dense",
    environment: { ...sample.environment, cpu: "Other CPU", os: "darwin 25.1.0", arch: "aarch64" },
    results: [...results, { ...first, workload: "only-here" }],
  };
}

/** The sample's machine in another run, stopped early, with another engine. */
export function sameMachine(): Results {
  return { ...sampleResults(), partial: true, engine: "--no-liftoff" };
}

/** Three runs, two of which look like one machine's, and a file of each tool. */
export function sampleMerged(): Merged {
  const foreign = [["gemm.json", googleBenchmark()], ["hf.json", hyperfine()], [
    "deno.json",
    denoBench(),
  ]] as const;
  return {
    runs: [sampleResults(), otherMachine(), sameMachine()],
    foreign: foreign.map(([file, value]) => {
      const read = reportFileOf(JSON.stringify(value));
      if (read.kind !== "foreign") throw new Error(`${file} is read as ${read.kind}`);
      return { file, run: read.foreign };
    }),
  };
}

function faster(result: Result): Result {
  const { seconds, gflops, roundMedians } = result;
  if (seconds === null || gflops === null) return result;
  const { median, low, high, min, confidence } = seconds;
  return {
    ...result,
    seconds: { median: median / 2, low: low / 2, high: high / 2, min: min / 2, confidence },
    gflops: gflops * 2,
    roundMedians: roundMedians.map((sample) => sample / 2),
  };
}
