/**
 * How often a tail's verdict is wrong, by simulation on recorded noise, in which
 * all contenders are the same kernel; then every tenth call of one takes three
 * times as long. The samples of a slot stand for calls, twenty of them for a block.
 *
 * @module
 */
import { assert } from "@std/assert";
import { print } from "../../common/command.ts";
import { createRandom } from "../../common/random.ts";
import { compareTails, type TailBlocks } from "../../statistics/tail_verdicts.ts";
import { quantileOf } from "../../statistics/tails.ts";
import { drawRun, type NoiseTrace } from "./noise_trace.ts";

const seed = 20261129;
const runs = 400;
const launches = 3;
// Three blocks each.
const roundsOfLaunch = 3;
const block = 20;

function blocksOf(times: readonly number[], slowed: boolean): TailBlocks {
  const [p50, p95]: [number[], number[]] = [[], []];
  const all = slowed ? times.map((time, i) => i % 10 === 3 ? 3 * time : time) : times;
  for (let at = 0; at + block <= all.length; at += block) {
    const sorted = all.slice(at, at + block).sort((a, b) => a - b);
    p50.push(quantileOf(sorted, 0.5).value);
    p95.push(quantileOf(sorted, 0.95).value);
  }
  return { p50, p95 };
}

for (const name of ["quiet", "shared", "noisy"]) {
  Deno.test(`on ${name} noise a tail is falsely called in at most 2 % of runs, and found in 95 %`, async () => {
    const text = await Deno.readTextFile(new URL(`traces/${name}.json`, import.meta.url));
    const { rounds } = JSON.parse(text) as NoiseTrace;
    const random = createRandom(seed);
    let [wrong, found, equivalent] = [0, 0, 0];
    for (let run = 0; run < runs; run++) {
      const drawn = Array.from(
        { length: launches },
        () => drawRun(rounds, roundsOfLaunch, roundsOfLaunch, random),
      );
      const of = (contender: number, slowed = false) =>
        drawn.map((launch) =>
          blocksOf(launch.flatMap(({ contenders }) => contenders[contender] ?? []), slowed)
        );
      const same = compareTails(of(0), of(1))!;
      const tail = compareTails(of(0), of(1, true))!;
      wrong += Number(same.verdict === "tail slower" || same.verdict === "tail faster");
      found += Number(tail.verdict === "tail slower");
      equivalent += Number(tail.verdict === "tail slower" && tail.medianEquivalent);
    }
    print(
      `${name}, seed ${seed}, ${runs} runs: falsely called ${wrong}, found ${found}, ` +
        `with equivalent medians ${equivalent}`,
    );
    assert(wrong / runs <= 0.02, `${wrong} false of ${runs}`);
    assert(found / runs >= 0.95, `${found} found of ${runs}`);
  });
}
