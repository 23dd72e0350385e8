/**
 * The matrix product of another library under Densemark's verifier:
 * TensorFlow.js's WebAssembly backend (XNNPACK). Prints what every check found,
 * and how deep the sums of the product are. Run it with `deno task verify-tfjs`.
 *
 * @module
 */
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { defineCommand, print, runCommand } from "../common/command.ts";
import { formatCount, formatShort } from "../common/numbers.ts";
import { expectReadable } from "../common/read_permission.ts";
import { alignColumns } from "../common/table.ts";
import { kernelOfProduct, verifyKernel } from "../verify/mod.ts";

/** The command; its exit code is 1 where a check failed. */
export const main = defineCommand({
  usage: "deno task verify-tfjs",
  summary: "An example: the matrix product of TensorFlow.js under the verifier.",
  run: async () => {
    const module = new URL(import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    expectReadable(module, "the WebAssembly of TensorFlow.js");
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
      print(line);
      for (const { id, problem, minimal } of report.checks[i]?.failures.slice(0, 2) ?? []) {
        print(`  ${minimal?.id ?? id}: ${problem}`);
      }
    }
    for (const [k, trees = []] of Map.groupBy(report.summation?.trees ?? [], ({ k }) => k)) {
      const deepest = Math.max(...trees.map(({ depth }) => depth));
      print(`${formatCount(trees.length, "sum")} of ${k}: at most ${deepest} additions deep`);
    }
    print(report.passed ? "PASS" : "FAIL");
    return report.passed ? 0 : 1;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
