import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { kernelNames } from "../kernels/registry.ts";
import { main } from "./cli.ts";

const names = kernelNames.join(", ");

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown kernel": [["--kernels", "fast"], `unknown kernel "fast"; there are ${names}`],
  "an unknown check": [["--checks", "magic"], 'unknown check "magic"; there are contract'],
  "an unknown option": [["--fast"], "unknown option --fast; there are --quick"],
  "two modes at once": [["--full", "--soak"], "only one of --full and --soak at once"],
  "minutes without a soak": [["--minutes", "3"], "--minutes goes with --soak"],
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
    "no case",
  ],
  "a case that is a path": [["--case", "naive/../../etc/passwd"], 'no check ".."'],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`verify refuses ${what}`, async () => {
    await assertRejects(() => main(args), UsageError, message);
  });
}

Deno.test("verify repeats one case", async () => {
  assertEquals(await main(["--case", "naive/exact-forward/int/3x2x4/bias", "--seed", "7"]), 0);
});

Deno.test("verify repeats a case of any shape, as shrinking makes it", async () => {
  assertEquals(await main(["--case", "blocked/exact-forward/int/1x1x517/bias"]), 0);
});
