/**
 * How often the bench's verdicts are wrong, by simulation: runs are drawn from
 * recorded noise, in which nothing differs from anything, and the verdicts on
 * them are counted; then one kernel is made slower by a known factor.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { print, UsageError } from "../cli/command.ts";
import { createRandom } from "../layers/random.ts";
import { autocorrelation, median } from "../statistics/estimators.ts";
import { noiseFloorOf } from "../statistics/noise.ts";
import { judge, paired, type Verdict } from "../statistics/verdicts.ts";
import {
  drawRun,
  type NoiseRound,
  type NoiseTrace,
  quietest,
  traceSchema,
  traceText,
} from "./noise_trace.ts";
import { main } from "./record_noise.ts";

const seed = 20261125;
// As in a run of the bench by default.
const rounds = 10;
// Rounds in a row that are drawn together, to keep weather that lasts for some of them.
const stretch = 5;
const runs = 2000;

// Both of a virtual machine on a host that others use: even idle it has a noise floor above 10 %.
const traces = ["noisy", "idle"];

async function readTrace(name: string): Promise<NoiseTrace> {
  const text = await Deno.readTextFile(new URL(`traces/${name}.json`, import.meta.url));
  return JSON.parse(text);
}

/** A run of three alike: the times of each by round, as the bench has them, medians of blocks. */
type Run = readonly (readonly number[])[];

function draw(trace: NoiseTrace, count: number): Run[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const run = drawRun(trace.rounds, rounds, stretch, random);
    return [0, 1, 2].map((copy) => run.map(({ copies }) => median(copies[copy] ?? [])));
  });
}

/** The noise floor of a run: what its baseline and twin differ by. */
function floorOf([baseline = [], twin = []]: Run): number {
  return noiseFloorOf(paired(baseline, twin));
}

/** The share of each verdict on a kernel that is `factor` times as slow as the baseline. */
function simulate(drawn: readonly Run[], factor: number): (verdict: Verdict) => number {
  const verdicts = drawn.map((run) => {
    const [baseline = [], , kernel = []] = run;
    const slowed = kernel.map((time) => time * factor);
    return judge(paired(baseline, slowed), { floor: floorOf(run) }).verdict;
  });
  return (verdict) => verdicts.filter((each) => each === verdict).length / verdicts.length;
}

/** The runs with their noise, the logarithms of times, made so much smaller that the median noise floor is `floor`. */
function calmed(drawn: readonly Run[], floor: number): Run[] {
  const centre = median(drawn.flat(2).map(Math.log));
  const scale = Math.log1p(floor) / median(drawn.map((run) => Math.log1p(floorOf(run))));
  return drawn.map((run) =>
    run.map((times) => times.map((time) => Math.exp(centre + scale * (Math.log(time) - centre))))
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

for (const name of traces) {
  Deno.test(`verdicts on two alike are rarely "slower" or "faster" in noise as recorded (${name})`, async () => {
    const drawn = draw(await readTrace(name), runs);
    const share = simulate(drawn, 1);
    print(
      `${name}, seed ${seed}, ${runs} runs of two alike, noise floor ` +
        `${percent(median(drawn.map(floorOf)))}: slower ${percent(share("slower"))}, faster ` +
        `${percent(share("faster"))}, inconclusive ${percent(share("inconclusive"))}; where one ` +
        `is 10 % slower: slower ${percent(simulate(drawn, 1.1)("slower"))}`,
    );
    assert(share("slower") <= 0.05);
    assert(share("faster") <= 0.05);
  });

  Deno.test(`intervals of two alike exclude no difference in about 5 of 100 runs, in noise as recorded (${name})`, async () => {
    // The interval alone, without the band that hides small differences.
    const wrong = draw(await readTrace(name), runs).filter(([baseline = [], , kernel = []]) => {
      const { low, high } = paired(baseline, kernel);
      return low > 0 || high < 0;
    }).length / runs;
    print(`${name}, seed ${seed}: the interval excludes 0 in ${percent(wrong)}`);
    assertLess(wrong, 0.08);
    assertGreater(wrong, 0.01);
  });
}

// Noise of the recorded kind, as dependent and as long-tailed, but as little as a quiet machine has.
for (const [name, floor] of traces.flatMap((name) => [[name, 0.01], [name, 0.015]] as const)) {
  Deno.test(`a slowdown of 10 % is found in 95 of 100 runs where the noise (${name}) is calmed to a floor of ${percent(floor)}`, async () => {
    const drawn = calmed(draw(await readTrace(name), runs), floor);
    const share = simulate(drawn, 1.1);
    const alarms = simulate(drawn, 1)("slower");
    print(
      `${name}, calmed to a floor of ${
        percent(floor)
      }, seed ${seed}, ${runs} runs: a kernel 10 % ` +
        `slower is called so in ${percent(share("slower"))}, one alike in ${percent(alarms)}`,
    );
    assertGreater(share("slower"), 0.95);
    assertGreater(simulate(drawn, 1 / 1.1)("faster"), 0.95);
    assertLess(alarms, 0.05);
    // What does not matter is not called slower either.
    assertLess(simulate(drawn, 1.01)("slower"), 0.05);
  });
}

for (const name of traces) {
  Deno.test(`the trace ${name} is complete, says what it is, and is as it was recorded`, async () => {
    const trace = await readTrace(name);
    const text = await Deno.readTextFile(new URL(`traces/${name}.json`, import.meta.url));
    assertEquals(text, traceText(trace));
    assertEquals(trace.schema, traceSchema);
    assertGreater(trace.label.length, 10);
    assertGreater(trace.rounds.length, 8 * stretch);
    for (const { thermometer, copies } of trace.rounds) {
      assertEquals([thermometer.length, ...copies.map((blocks) => blocks.length)], [3, 3, 3, 3]);
      for (const seconds of [...thermometer, ...copies.flat()]) {
        assert(seconds > 1e-6 && seconds < 1);
      }
    }
  });
}

Deno.test("drawRun() draws stretches of rounds in a row", () => {
  const random = createRandom(seed);
  const rounds = Array.from({ length: 40 }, (_, i) => i);
  const seen = new Set<number>();
  for (let i = 0; i < 500; i++) {
    const run = drawRun(rounds, 12, 5, random);
    assertEquals(run.length, 12);
    for (const [at, round] of run.entries()) {
      seen.add(round);
      if (at % 5 > 0) assertEquals(round, (run[at - 1] ?? NaN) + 1);
    }
  }
  assertEquals(seen.size, 40);
});

Deno.test("drawRun() keeps the autocorrelation that rounds drawn one by one lose", () => {
  const random = createRandom(seed);
  let weather = 0;
  const rounds = Array.from(
    { length: 400 },
    () => weather = 0.9 * weather + random.uniform() - 0.5,
  );
  const lag1 = (stretch: number) => autocorrelation(drawRun(rounds, 2000, stretch, random)).lag1;
  assertGreater(lag1(20), 0.75);
  assertLess(Math.abs(lag1(1)), 0.1);
});

Deno.test("quietest() goes by the thermometer alone", () => {
  const round = (thermometer: number, copy: number): NoiseRound => ({
    thermometer: [thermometer],
    copies: [[copy]],
  });
  const rounds = [1, 5, 1, 2, 2, 2.01, 2, 9].map((thermometer, i) => round(thermometer, i * i));
  assertEquals(quietest(rounds, 4), rounds.slice(3, 7));
  assertEquals(quietest(rounds, 8), rounds);
});

Deno.test("record-noise refuses what it cannot record", async () => {
  await assertRejects(() => main(["--rounds", "5"]), UsageError, "from 20 to 5000");
  await assertRejects(() => main(["--quietest", "301"]), UsageError, "from 20 to 300");
});
