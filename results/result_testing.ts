/** For tests: a kernel's record and a result, of which each test changes what it is about. */
import type { KernelRecord, Result } from "./schema.ts";

/** A kernel of one thread that was there. */
export function madeRecord(name: string, more: Partial<KernelRecord> = {}): KernelRecord {
  return {
    name,
    peer: false,
    device: "JavaScript",
    threads: 1,
    method: "",
    unavailable: null,
    ...more,
  };
}

/** A verified result of a second. */
export function madeResult(kernel: string, more: Partial<Result> = {}): Result {
  return {
    kernel,
    peer: false,
    workload: "w",
    description: "",
    m: 1,
    n: 1,
    k: 1,
    pass: "forward",
    activation: "linear",
    bias: false,
    seconds: { median: 1, low: 1, high: 1, min: 1, confidence: 0.95 },
    gflops: 1,
    verification: { status: "passed", detail: "", worst: 0 },
    roundMedians: [1],
    warmup: null,
    ...more,
  };
}
