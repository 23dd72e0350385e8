import { assertEquals, assertStringIncludes } from "@std/assert";
import { createKernel } from "../../kernels/registry.ts";
import { runCase } from "../check.ts";
import { afterDense, alter } from "../mutants/mutant.ts";
import { adjointProblem, exactBackward } from "./exact_backward.ts";

Deno.test("adjointProblem() names the sum that differs, and the element that it comes from", () => {
  const wrongZ = () => "z: 1 of 6 elements wrong";
  assertEquals(adjointProblem({ z: 5, x: 5, W: 5 }, wrongZ), null);
  assertEquals(
    adjointProblem({ z: 4, x: 5, W: 5 }, wrongZ),
    "the adjoint identity: Σ z∘dy = 4, Σ x∘dx = 5 and Σ W∘dW = 5 must be equal, and that of z differs; z: 1 of 6 elements wrong",
  );
  assertStringIncludes(adjointProblem({ z: 5, x: 4, W: 5 }, wrongZ) ?? "", "that of x differs");
  assertStringIncludes(adjointProblem({ z: NaN, x: 5, W: 5 }, wrongZ) ?? "", "that of z differs");
  assertEquals(
    adjointProblem({ z: 3, x: 4, W: 5 }, () => null),
    "the adjoint identity: Σ z∘dy = 3, Σ x∘dx = 4 and Σ W∘dW = 5 must be equal",
  );
});

Deno.test("a forward pass that is wrong beside its gradients is told with value, expectation and place", async () => {
  const kernel = alter(await createKernel("naive"), afterDense((values) => void (values[1]! += 1)));
  const cases = exactBackward.cases(kernel, { effort: "smoke", create: null });
  const one = cases.find(({ id }) => id === "exact-backward/layer/2x2x2");
  const { problem } = await runCase(one!, kernel, 1);
  assertStringIncludes(problem ?? "", "that of z differs; z: 1 of 4 elements wrong");
  assertStringIncludes(problem ?? "", "first [0, 1]: got ");
  assertStringIncludes(problem ?? "", ", want ");
});
