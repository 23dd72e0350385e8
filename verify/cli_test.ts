import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../cli/command.ts";
import { main } from "./cli.ts";

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown kernel": [["--kernels", "fast"], 'unknown kernel "fast"; there are naive, blocked'],
  "an unknown check": [["--checks", "magic"], 'unknown check "magic"; there are contract'],
  "an unknown option": [["--fast"], "unknown option --fast; there are --kernels"],
  "a word": [["fast"], 'unexpected argument "fast"'],
  "a seed that is no number": [["--seed", "x"], "--seed must be a whole number from 0"],
  "a stride of nothing": [["--stride", "0"], "--stride must be a whole number from 1"],
  "a case of no kernel": [["--case", "x/y"], "a case begins with a kernel"],
  "a case of no check": [["--case", "naive/y"], 'no check "y"'],
  "a case that is not there": [["--case", "naive/contract/y"], 'no case "naive/contract/y"'],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`verify refuses ${what}`, async () => {
    await assertRejects(() => main(args), UsageError, message);
  });
}

Deno.test("verify repeats one case", async () => {
  assertEquals(await main(["--case", "naive/exact-forward/int/3x2x4/bias", "--seed", "7"]), 0);
});

Deno.test("verify repeats one case of a sweep with its stride", async () => {
  const args = ["--stride", "1000003", "--case", "naive/sweep/tanh/every-1000003/1-of-1"];
  assertEquals(await main(args), 0);
});
