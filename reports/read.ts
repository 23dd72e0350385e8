// For bench/against.ts and bench/kernels_bench_test.ts, until they import these from where they are.
export { reportFileOf } from "./interop/report_file.ts";
export { readResults } from "../results/read.ts";
