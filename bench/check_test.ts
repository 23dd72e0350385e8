import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createRandom } from "../common/random.ts";
import { referenceProduct } from "../verify/reference.ts";
import { referenceActivation } from "../verify/reference_activations.ts";
import { checkOutput } from "./check.ts";
import { createData } from "./data.ts";
import type { Workload } from "./workload.ts";
import { suites } from "./workloads.ts";

const workload: Workload = {
  name: "test",
  description: "",
  m: 9,
  n: 17,
  k: 31,
  activation: "gelu",
  useBias: true,
};

const tolerance = { ulp: 0.51, absolute: 0 };

function right(): { z: Float32Array; y: Float32Array; data: ReturnType<typeof createData> } {
  const data = createData(workload, 1);
  const exact = referenceProduct(workload, data.x, data.weight, { bias: data.bias }).value;
  const z = Float32Array.from(exact);
  // With these data nothing is rounded here.
  assertEquals([...z], [...exact]);
  return { data, z, y: Float32Array.from(referenceActivation("gelu", z, workload.n)) };
}

Deno.test("checkOutput() passes the right output", () => {
  const { data, z, y } = right();
  const { status, worst } = checkOutput(workload, data, z, y, tolerance, 1);
  assertEquals(status, "passed");
  assert(worst !== null && worst > 0.5 && worst <= 1);
});

Deno.test("checkOutput() finds an activation that is wrong, or NaN", () => {
  const { data, z, y } = right();
  for (const factor of [1 + 2 ** -20, NaN]) {
    const wrong = y.slice();
    wrong[20]! *= factor;
    const { status, detail } = checkOutput(workload, data, z, wrong, tolerance, 1);
    assertEquals(status, "failed");
    assertStringIncludes(detail, "gelu at [1, 3]");
  }
});

Deno.test("checkOutput() allows the declared absolute error, and no more", () => {
  const { data, z, y } = right();
  const wrong = y.map((value) => value + 2 ** -18);
  const check = (absolute: number) =>
    checkOutput(workload, data, z, wrong, { ulp: 2, absolute }, 1);
  assertEquals(check(2 ** -19).status, "failed");
  const { status, detail } = check(2 ** -18);
  assertEquals(status, "passed");
  assertStringIncludes(detail, "gelu within 2 ULP and 3.8e−6");
});

Deno.test("createData() keeps every sum exact, for the longest sums too", () => {
  for (const { name, m, n, k } of suites.dense) {
    const small: Workload = { ...workload, name, m: Math.min(m, 2), n: Math.min(n, 2), k };
    const { x, weight, bias, unitX, unitWeight } = createData(small, 1);
    const most = (values: Float32Array) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const bound = k * most(x) * most(weight) + most(bias!);
    assert(bound / (unitX * unitWeight) <= 2 ** 24, name);
    assert(most(x) <= 1 && most(x) > 0.2, name);
  }
});

Deno.test("createData() is the same for the same seed only", () => {
  assertEquals(createData(workload, 3).x, createData(workload, 3).x);
  const random = createRandom(0);
  assert(random.integer() !== createRandom(1).integer());
  assert(createData(workload, 3).x.some((value, i) => value !== createData(workload, 4).x[i]));
});
