import { assertEquals, assertRejects } from "@std/assert";
import { DensemarkError } from "../common/errors.ts";
import { kernelNames } from "../kernels/registry.ts";
import { inFolder, namesIn } from "../common/deno_testing.ts";
import { sampleVerification } from "../results/verification/sample_testing.ts";
import { main, printAndWrite } from "./cli.ts";

const names = kernelNames.join(", ");

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown kernel": [["--kernels", "fast"], `unknown kernel "fast"; there are ${names}`],
  "an unknown check": [["--checks", "magic"], 'unknown check "magic"; there are contract'],
  "an unknown option": [["--fast"], "unknown option --fast; there are --quick"],
  "two modes at once": [["--full", "--soak"], "only one of --full and --soak at once"],
  "minutes without a soak": [["--minutes", "3"], "--minutes goes with --soak, which is not given"],
  "rows without a model": [["--rows", "3"], "--rows goes with --model, which is not given"],
  "a case with other filters": [
    ["--case", "naive/contract/shapes", "--checks", "order"],
    "--checks does not go with --case, beside which there may be --kernel, --seed and --strict",
  ],
  "a case of some kernels": [
    ["--kernels", "blocked", "--case", "naive/contract/shapes"],
    "--kernels does not go with --case",
  ],
  "a case in a mode": [["--full", "--case", "naive/contract/shapes"], "--full does not go with"],
  "kernels for the verifier's own test": [
    ["--self", "--kernels", "naive"],
    "--kernels does not go with --self, beside which there may be --seed and --out",
  ],
  "a soak with a stride": [["--soak", "--stride", "7"], "--stride does not go with --soak"],
  "a model's network on a kernel from elsewhere": [
    ["--model", "net.json", "--kernel", "./mine.ts"],
    "--kernel does not go with --model",
  ],
  "a sweep of a kernel from elsewhere": [
    ["--kernel", "./mine.ts", "--stride", "61"],
    "--stride is of Densemark's own kernels; it does not go with --kernel",
  ],
  "a module that is not there": [["--kernel", "./none.ts"], 'there is no file "./none.ts"'],
  "no minutes": [["--soak", "--minutes", "0"], "--minutes must be a whole number from 1"],
  "an unknown required kernel": [["--require", "gpu"], `unknown kernel "gpu"; there are ${names}`],
  "a required kernel that is not asked for": [
    ["--kernels", "naive", "--require", "blocked"],
    "blocked is required, but not among --kernels",
  ],
  "a word": [["fast"], 'unexpected argument "fast"'],
  "a seed that is no number": [["--seed", "x"], "--seed must be a whole number from 0"],
  "a case of no kernel": [["--case", "x/y"], "a case begins with a kernel"],
  "a case of no check": [["--case", "naive/y"], 'no check "y"'],
  "a case that is not there": [["--case", "naive/contract/y"], 'no case "naive/contract/y"'],
  "a case that no memory holds": [
    ["--case", "naive/exact-forward/int/99999x99999x99999/bias"],
    "is too large: 99999x99999x99999 has a matrix of 9999800001 elements; a case may have 67108864",
  ],
  "a case that is too long": [
    ["--case", "naive/exact-forward/int/1x1x100000000/bias"],
    "is too large: 1x1x100000000 has a matrix of 100000000 elements; a case may have 67108864",
  ],
  "a case that is a path": [["--case", "naive/../../etc/passwd"], 'no check ".."'],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`verify refuses ${what}`, async () => {
    await assertRejects(() => main(args), DensemarkError, message);
  });
}

Deno.test("verify repeats one case", async () => {
  assertEquals(await main(["--case", "naive/exact-forward/int/3x2x4/bias", "--seed", "7"]), 0);
});

Deno.test("verify repeats a case of any shape, as shrinking makes it", async () => {
  assertEquals(await main(["--case", "blocked/exact-forward/int/1x1x517/bias"]), 0);
});

Deno.test("printAndWrite() writes the files where standard output takes no more", () =>
  inFolder(async (folder) => {
    const { writeSync } = Deno.stdout;
    Deno.stdout.writeSync = () => {
      throw new Deno.errors.BrokenPipe("closed");
    };
    try {
      await assertRejects(
        () => printAndWrite(folder, sampleVerification()),
        Deno.errors.BrokenPipe,
      );
    } finally {
      Deno.stdout.writeSync = writeSync;
    }
    assertEquals(namesIn(folder), ["verify.html", "verify.json", "verify.junit.xml"]);
  }));
