import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { type Ended, runDeno } from "../../common/deno_testing.ts";
import { whyNoKernel } from "../../kernels/kernels_testing.ts";
import { main } from "../cli.ts";
import { exitCodeOf, verifyModelCommand } from "./command.ts";
import { ModelFileError } from "../../models/errors.ts";
import { inFolder, npy, safetensors } from "../../models/files_testing.ts";

const model = JSON.stringify({
  layers: [{
    class_name: "Dense",
    config: { name: "fc", units: 2, activation: "relu" },
    weights: { kernel: "w", bias: "b" },
  }],
});
const files = {
  "m.safetensors": safetensors(
    {
      w: [[3, 2], new Float32Array([1, 2, 3, 4, 5, 6])],
      b: [[2], new Float32Array([0.5, -0.5])],
    },
    { model },
  ),
  "x.npy": npy([4, 3], Float32Array.from({ length: 12 }, (_, i) => i - 4)),
  "narrow.npy": npy([4, 2], new Float32Array(8)),
};

Deno.test("verifyModelCommand() reports on the kernels that it is given", async () => {
  await inFolder(files, async (folder) => {
    const { exitCode, reports } = await verifyModelCommand({
      model: `${folder}/m.safetensors`,
      input: `${folder}/x.npy`,
      kernels: ["naive", "wasm-simd"],
      seed: 1,
      rows: 3,
    });
    assertEquals(exitCode, 0);
    assertEquals(
      reports.map((
        { kernel, passed, rows, rowsGiven, seed },
      ) => [kernel, passed, rows, rowsGiven, seed]),
      [["naive", true, 3, 4, null], ["wasm-simd", true, 3, 4, null]],
    );
  });
});

Deno.test("verifyModelCommand() draws its input from the seed where it has none", async () => {
  await inFolder(files, async (folder) => {
    const run = async (seed: number) => {
      const { reports } = await verifyModelCommand({
        model: `${folder}/m.safetensors`,
        kernels: ["naive"],
        seed,
      });
      return reports;
    };
    const [one, same, other] = [await run(5), await run(5), await run(6)];
    assertEquals(one, same);
    assertEquals(one[0]?.seed, 5);
    assertEquals(one[0]?.endToEnd.largest?.want === other[0]?.endToEnd.largest?.want, false);
  });
});

Deno.test("verifyModelCommand() fails where no kernel ran", async () => {
  await inFolder(files, async (folder) => {
    const { exitCode } = await verifyModelCommand({
      model: `${folder}/m.safetensors`,
      kernels: [],
      seed: 1,
    });
    assertEquals(exitCode, 1);
  });
});

Deno.test("exitCodeOf() is 0 only where all passed", () => {
  const [good, bad] = [{ passed: true }, { passed: false }];
  assertEquals([[good, good], [good, bad], [bad], []].map(exitCodeOf), [0, 1, 1, 1]);
});

Deno.test("verify --model refuses a wrong input before it computes", async () => {
  await inFolder(files, async (folder) => {
    const args = ["--model", `${folder}/m.safetensors`, "--input", `${folder}/narrow.npy`];
    await assertRejects(() => main(args), ModelFileError, "must have the shape [rows, 3]");
  });
});

for (
  const [args, message] of [
    [["--input", "x.npy"], "--input goes with --model, which is not given"],
    [["--rows", "3"], "--rows goes with --model, which is not given"],
    [["--model", "m.json", "--full"], "--full does not go with --model"],
    [["--model", "m.json", "--checks", "contract"], "--checks does not go with --model"],
    [["--model", "m.json", "--rows", "0"], "--rows must be a whole number from 1"],
    [["--model", "m.json", "--kernels", "fast"], 'unknown kernel "fast"'],
  ] as const
) {
  Deno.test(`verify refuses ${args.join(" ")}`, async () => {
    await assertRejects(() => main(args), UsageError, message);
  });
}

/** Runs `deno task verify` as a user does. */
function verify(...args: readonly string[]): Promise<Ended> {
  return runDeno(["task", "--quiet", "verify", ...args], {
    cwd: new URL("../..", import.meta.url),
  });
}

Deno.test("verify --model prints tables and ends with 0, or one line and ends with 2", async () => {
  await inFolder(files, async (folder) => {
    const weights = `${folder}/m.safetensors`;
    const good = await verify("--model", weights, "--input", `${folder}/x.npy`, "--rows", "2");
    // Said of the only kernel that some machines lack, and nothing else, whatever a driver would print.
    const missing = await whyNoKernel("webgpu");
    const skipped = missing === null ? "" : `webgpu SKIPPED: ${missing}\n`;
    assertEquals([good.code, good.stderr], [0, skipped]);
    assertMatch(good.stdout, /: 1 layer, 6 multiply-adds a row\ninput: the first 2 of 4 rows of "/);
    assertMatch(good.stdout, /\nnaive\nlayer +m×n×k +activation +worst share/);
    assertMatch(good.stdout, /\nfc +2×2×3 +relu +/);
    assertMatch(
      good.stdout,
      /class: the same in all 2 rows; the bound rules a change out in \d of 2/,
    );
    assertMatch(good.stdout, /\d+ passed, 0 failed\n$/);
    await Deno.truncate(weights, 100);
    const bad = await verify("--model", weights);
    assertEquals([bad.code, bad.stdout], [2, ""]);
    assertMatch(bad.stderr, /^error: "[^\n]*m\.safetensors": [^\n]*\n$/);
  });
});
