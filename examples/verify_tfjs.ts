// deno-lint-ignore-file no-console -- printing is its purpose
/**
 * The matrix product of another library under Densemark's verifier:
 * TensorFlow.js's WebAssembly backend (XNNPACK). Prints what every check found,
 * and how the product adds. Run it with `deno task verify-tfjs`.
 *
 * @module
 */
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { formatShort } from "../common/numbers.ts";
import { alignColumns } from "../common/table.ts";
import { kernelOfProduct, verifyKernel } from "../verify/mod.ts";

tf.enableProdMode();
setThreadsCount(1);
await tf.setBackend("wasm");

const kernel = kernelOfProduct("tfjs-wasm", ({ m, n, k }, a, b) =>
  tf.tidy(() => {
    const product = tf.matMul(tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n]));
    return Float32Array.from(product.dataSync());
  }), {
  // TensorFlow.js promises no order. The probes found that sums run one after the other; with
  // this claim that is verified, to the bit.
  summation: { order: "sequential" },
  tile: { mr: 6, nr: 8, mc: 1, nc: 1, kc: 1 },
});

const report = await verifyKernel(kernel);
const rows = report.checks.map(({ check, cases, worst, failures }) => [
  check,
  `${cases} cases`,
  failures.length > 0 ? `${failures.length} failed` : `worst share ${formatShort(worst)}`,
]);
for (const [i, line] of alignColumns(rows, [1]).entries()) {
  console.log(line);
  for (const { id, problem, minimal } of report.checks[i]?.failures.slice(0, 2) ?? []) {
    console.log(`  ${minimal?.id ?? id}: ${problem}`);
  }
}
for (const { path, k, depth } of report.summation?.trees ?? []) {
  console.log(`${path}: ${k} products, at most ${depth} additions deep`);
}
console.log(report.passed ? "PASS" : "FAIL");
if (!report.passed) Deno.exit(1);
