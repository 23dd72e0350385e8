import { assertEquals } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import { createKernel } from "../../kernels/registry.ts";
import { drawSequence } from "./draw.ts";
import { formatReduction, inputsOf, outputsOf, parseReduction, reduced } from "./plan.ts";
import { Population } from "./population.ts";

Deno.test("parseReduction() reads what formatReduction() writes, and nothing else", () => {
  for (
    const reduction of [
      { steps: null, lengths: null },
      { steps: [3, 17], lengths: null },
      { steps: null, lengths: [1, 0, 7] },
      { steps: [0], lengths: [1, 2] },
    ]
  ) assertEquals(parseReduction(formatReduction(reduction)), reduction);
  for (const text of ["steps-", "lengths-1.", "steps-1lengths-1", "/steps-1", "steps-1/x", "x"]) {
    assertEquals(parseReduction(text), null, text);
  }
});

const seed = 5;

Deno.test(`drawSequence() draws every call, what is refused and what is not, seed ${seed}`, async () => {
  await using kernel = await createKernel("naive");
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const random = createRandom(seed);
  for (let i = 0; i < 120; i++) {
    const recipe = { data: "integers", lengths: [1, 2, 3, 4], steps: 60, two: i % 2 > 0 } as const;
    const plan = drawSequence(recipe, kernel.traits, random);
    const population = new Population(plan);
    for (const step of plan.steps) {
      if (!("activation" in step) && step.call !== "matmul" && step.call !== "sumRows") {
        count(step.call);
        continue;
      }
      for (const refusal of population.refusals(step)) count(`${step.call} ${refusal}`);
      if (population.refusals(step).size > 0) continue;
      const inputs = Object.values(inputsOf(step));
      const outputs = Object.values(outputsOf(step));
      if (new Set(inputs).size < inputs.length) count(`${step.call} of one tensor twice`);
      if ([...inputs, ...outputs].some((slot) => slot && population.at(slot).shape.length > 2)) {
        count(`${step.call} of more axes`);
      }
      if (population.ownerOf(step) === "second") count(`${step.call} of the second kernel`);
    }
  }
  for (const call of ["dense", "matmul", "activate", "gradient", "sumRows"]) {
    for (const what of ["OwnershipError", "ShapeError", "of more axes", "of the second kernel"]) {
      assertEquals(seen.has(`${call} ${what}`), true, `${call} ${what}`);
    }
  }
  for (
    const what of [
      ...["write", "create", "dispose", "read", "wait"],
      ...["dense ArgumentError", "activate ArgumentError", "gradient DensemarkError"],
      ...[
        "dense of one tensor twice",
        "matmul of one tensor twice",
        "gradient of one tensor twice",
      ],
    ]
  ) assertEquals(seen.has(what), true, what);
});

Deno.test("reduced() leaves the steps and lengths that it is told, and no others", async () => {
  await using kernel = await createKernel("naive");
  const recipe = { data: "reals", lengths: [1, 2, 3, 4], steps: 20 } as const;
  const plan = drawSequence(recipe, kernel.traits, createRandom(seed));
  assertEquals(reduced(plan, { steps: null, lengths: null }), plan);
  const smaller = reduced(plan, { steps: [2, 7, 900], lengths: [1, 1, 1, 1] });
  assertEquals(smaller.steps, [plan.steps[2]!, plan.steps[7]!]);
  assertEquals(smaller.lengths, [1, 1, 1, 1]);
  assertEquals(smaller.slots, plan.slots);
});
