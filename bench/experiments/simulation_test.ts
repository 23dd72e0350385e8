/**
 * How often the bench's verdicts are wrong, by simulation: runs are drawn from
 * recorded noise, in which all contenders are the same kernel, and the verdicts
 * on them are counted; then one is made slower by a known factor.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { print, UsageError } from "../../common/command.ts";
import { formatPercent } from "../../common/numbers.ts";
import { createRandom } from "../../common/random.ts";
import type { Verdict } from "../../common/verdicts.ts";
import { autocorrelation, median } from "../../statistics/estimators.ts";
import { noiseFloorOf } from "../../statistics/noise.ts";
import { logRatio } from "../../statistics/slots.ts";
import { compared } from "../../statistics/launches.ts";
import { judge } from "../../statistics/verdicts.ts";
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
const rounds = 8;
// Rounds in a row that are drawn together, to keep interference that lasts for some of them.
const stretch = 4;
const runs = 2000;

// All of a virtual machine on a shared host: while the others did little, while they did much, and with both its processors busy besides.
const traces = ["quiet", "shared", "noisy"];

async function readTrace(name: string): Promise<NoiseTrace> {
  const text = await Deno.readTextFile(new URL(`traces/${name}.json`, import.meta.url));
  return JSON.parse(text);
}

/** ln(after / before) of one round, from the times in each slot. */
type RatioOf = (before: readonly number[], after: readonly number[]) => number;

const bySlots: RatioOf = (before, after) =>
  logRatio({ samples: before, slots: before.length }, { samples: after, slots: after.length });

/** As it is without slots: the medians of all that each of the two took in the round. */
const byMedians: RatioOf = (before, after) => logRatio({ samples: before }, { samples: after });

/** The differences of each round from the baseline: of its A/A control, and of the same kernel once more. */
interface Run {
  readonly control: readonly number[];
  readonly kernel: readonly number[];
}

function draw(trace: NoiseTrace, count: number, ratioOf: RatioOf = bySlots): Run[] {
  const random = createRandom(seed);
  const all = trace.rounds.map(({ contenders: [baseline = [], control = [], kernel = []] }) => ({
    control: ratioOf(baseline, control),
    kernel: ratioOf(baseline, kernel),
  }));
  return Array.from({ length: count }, () => {
    const run = drawRun(all, rounds, stretch, random);
    return { control: run.map(({ control }) => control), kernel: run.map(({ kernel }) => kernel) };
  });
}

/** The noise floor of a run, from its baseline and control. */
function floorOf({ control }: Run): number {
  return noiseFloorOf(compared([control]));
}

/** The share of each verdict on a kernel that is `factor` times as slow as the baseline. */
function simulate(drawn: readonly Run[], factor: number): (verdict: Verdict) => number {
  const verdicts = drawn.map((run) => {
    const slowed = run.kernel.map((difference) => difference + Math.log(factor));
    return judge(compared([slowed]), { floor: floorOf(run) }).verdict;
  });
  return (verdict) => verdicts.filter((each) => each === verdict).length / verdicts.length;
}

const percent = (share: number) => formatPercent(share, 3);

for (const name of traces) {
  Deno.test(`verdicts on the same kernel are rarely "slower" or "faster" in recorded noise (${name})`, async () => {
    const drawn = draw(await readTrace(name), runs);
    const share = simulate(drawn, 1);
    print(
      `${name}, seed ${seed}, ${runs} runs of the same kernel, noise floor ` +
        `${percent(median(drawn.map(floorOf)))}: slower ${percent(share("slower"))}, faster ` +
        `${percent(share("faster"))}, inconclusive ${percent(share("inconclusive"))}`,
    );
    assert(share("slower") <= 0.05);
    assert(share("faster") <= 0.05);
  });

  Deno.test(`a slowdown of 10 % is found in 95 of 100 runs in recorded noise (${name})`, async () => {
    const drawn = draw(await readTrace(name), runs);
    const share = simulate(drawn, 1.1);
    print(
      `${name}, seed ${seed}, ${runs} runs: a kernel 10 % slower is called so in ` +
        `${percent(share("slower"))}, one 5 % slower in ${
          percent(simulate(drawn, 1.05)("slower"))
        }`,
    );
    assert(share("slower") >= 0.95);
    assert(simulate(drawn, 1 / 1.1)("faster") >= 0.95);
    // What is within the relevant difference is not called slower.
    assert(simulate(drawn, 1.01)("slower") <= 0.05);
  });

  Deno.test(`intervals miss in about 5 of 100 runs in recorded noise (${name})`, async () => {
    const drawn = draw(await readTrace(name), runs);
    // The same kernel twice differs by a thousandth or two, by its place in memory: what the interval
    // should cover is what all rounds together show.
    const { estimate } = compared([drawn.slice(0, 50).flatMap(({ kernel }) => kernel)]);
    const wrong = drawn.filter(({ kernel }) => {
      const { low, high } = compared([kernel]);
      return low > estimate || high < estimate;
    }).length / runs;
    print(
      `${name}, seed ${seed}: the interval misses ${percent(Math.expm1(estimate))} in ` +
        percent(wrong),
    );
    assertLess(wrong, 0.08);
    assertGreater(wrong, 0.01);
  });

  Deno.test(`slots make less noise than medians, on the same trace (${name})`, async () => {
    const trace = await readTrace(name);
    const floor = (ratioOf: RatioOf) => median(draw(trace, runs, ratioOf).map(floorOf));
    const [slots, medians] = [floor(bySlots), floor(byMedians)];
    print(`${name}: noise floor ${percent(slots)} by slots, ${percent(medians)} by medians`);
    assertLess(slots, medians);
  });
}

for (const name of traces) {
  Deno.test(`the trace ${name} is complete, has a label, and is formatted by traceText()`, async () => {
    const trace = await readTrace(name);
    const text = await Deno.readTextFile(new URL(`traces/${name}.json`, import.meta.url));
    assertEquals(text, traceText(trace));
    assertEquals(trace.schema, traceSchema);
    assertGreater(trace.label.length, 10);
    assertGreater(trace.rounds.length, 8 * stretch);
    for (const { referenceLoop, contenders } of trace.rounds) {
      assertEquals([referenceLoop.length, contenders.length], [2, 3]);
      assertEquals(new Set(contenders.map(({ length }) => length)).size, 1);
      assertGreater(contenders[0]?.length ?? 0, 20);
      for (const microseconds of [...referenceLoop, ...contenders.flat()]) {
        assert(microseconds > 1 && microseconds < 1e6);
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
  let interference = 0;
  const rounds = Array.from(
    { length: 400 },
    () => interference = 0.9 * interference + random.uniform() - 0.5,
  );
  const lag1 = (stretch: number) => autocorrelation(drawRun(rounds, 2000, stretch, random)).lag1;
  assertGreater(lag1(20), 0.75);
  assertLess(Math.abs(lag1(1)), 0.1);
});

Deno.test("quietest() chooses by the reference loop alone", () => {
  const round = (referenceLoop: number, sample: number): NoiseRound => ({
    referenceLoop: [referenceLoop],
    contenders: [[sample]],
  });
  const rounds = [1, 5, 1, 2, 2, 2.01, 2, 9].map((referenceLoop, i) => round(referenceLoop, i * i));
  assertEquals(quietest(rounds, 4), rounds.slice(3, 7));
  assertEquals(quietest(rounds, 8), rounds);
});

Deno.test("record-noise refuses what it cannot record", async () => {
  await assertRejects(() => main(["--rounds", "5"]), UsageError, "from 20 to 5000");
  await assertRejects(() => main(["--quietest", "101"]), UsageError, "from 20 to 100");
});
