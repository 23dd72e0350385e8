import { assert, assertEquals, assertMatch } from "@std/assert";
import { createRandom } from "../../common/random.ts";
import {
  add,
  choose,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
} from "../../kernels/formula/expression.ts";
import { formula } from "../../kernels/formula/formula.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { type Case, Workspace } from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { formulaKernel } from "../mutants/formula_subject.ts";
import { onEveryPath } from "./every_path.ts";

const x = operand(0);
const made = formula(add(mul(x, parameter(0)), 3));
const other = formula(add(mul(x, parameter(0)), 4));
const activation = formula(mul(x, 2));
const otherActivation = formula(mul(x, 3));

/** A case that asks for each operation once, on whole vectors and by rows, and judges nothing. */
const one: Case = {
  id: "formulas/example",
  run: (kernel) => {
    using space = new Workspace(kernel);
    const matrix = () => space.tensor([4, 4], new Float32Array(16).fill(1));
    kernel.map!(made, [matrix()], [matrix()], [2]);
    kernel.reduce!("sum", "rows", made, [matrix()], space.output([4]), [2]);
    kernel.denseMap!(matrix(), matrix(), null, activation, matrix());
    return Promise.resolve(outcomeOf(null));
  },
};

async function problemOf(kernel: Kernel): Promise<string | null> {
  const { problem } = await onEveryPath(one).run(kernel, createRandom(1));
  return problem;
}

/** A kernel with an operation of its own before that of its class. */
function changed<O extends "map" | "reduce" | "denseMap">(
  operation: O,
  change: (method: NonNullable<Kernel[O]>) => NonNullable<Kernel[O]>,
): Kernel {
  const kernel: Kernel = formulaKernel({});
  const own = kernel[operation] as (...args: unknown[]) => unknown;
  const method = (...args: unknown[]) => Reflect.apply(own, kernel, args);
  const value = change(method as NonNullable<Kernel[O]>);
  return Object.defineProperty(kernel, operation, { value, configurable: true, writable: true });
}

Deno.test("onEveryPath() finds a formula that is wrong where no case asked for it", async () => {
  assertEquals(await problemOf(formulaKernel({})), null);
  const ofColumns = changed(
    "reduce",
    (reduce) => (reduction, reduced, given, ...rest) =>
      reduce(reduction, reduced, reduced === "columns" ? other : given, ...rest),
  );
  assertMatch(await problemOf(ofColumns) ?? "", /^sum of columns of 5 x 7, .*, of sum element 0/);
  const wide = changed("reduce", (reduce) => (reduction, reduced, given, inputs, ...rest) => {
    const isWide = inputs[0]!.size > 8192;
    return reduce(reduction, reduced, isWide ? other : given, inputs, ...rest);
  });
  assertMatch(await problemOf(wide) ?? "", /^sum of columns of 2 x 4103/);
  for (const columns of [7, 2, 61]) {
    const tail = changed("map", (map) => (given, inputs, ...rest) => {
      const isTail = inputs[0]!.shape.at(-1) === columns;
      return map(isTail ? other : given, inputs, ...rest);
    });
    assertMatch(await problemOf(tail) ?? "", /^element .*, of map element 0/);
    const ending = changed("denseMap", (denseMap) => (a, weight, bias, given, ...rest) => {
      const isTail = weight.shape[1] === columns;
      return denseMap(a, weight, bias, isTail ? otherActivation : given, ...rest);
    });
    assertMatch(await problemOf(ending) ?? "", /^element .*, of denseMap false false element 0/);
  }
});

Deno.test("onEveryPath() finds what an epilogue leaves out of z", async () => {
  const withZ: Case = {
    ...one,
    run: (kernel) => {
      using space = new Workspace(kernel);
      const matrix = () => space.tensor([4, 4], new Float32Array(16).fill(1));
      kernel.denseMap!(matrix(), matrix(), null, activation, matrix(), matrix());
      return Promise.resolve(outcomeOf(null));
    },
  };
  const problem = async (kernel: Kernel) =>
    (await onEveryPath(withZ).run(kernel, createRandom(1))).problem;
  assertEquals(await problem(formulaKernel({})), null);
  const lost = changed("denseMap", (denseMap) => (a, weight, bias, given, y, z) => {
    denseMap(a, weight, bias, given, y, z);
    if (weight.shape[1] === 11) z!.write(new Float32Array(z!.size));
  });
  assertMatch(await problem(lost) ?? "", /^z: /);
});

Deno.test("onEveryPath() finds what is wrong only where a row's number is a column's", async () => {
  const labelled = (value: number) =>
    formula(choose("equal", perRow(0), perColumn(1), mul(operand(2), value), 0));
  const label = labelled(2);
  const asked: Case = {
    ...one,
    run: (kernel) => {
      using space = new Workspace(kernel);
      const vector = () => space.tensor([4], new Float32Array(4));
      const inputs = [vector(), vector(), space.tensor([4, 4], new Float32Array(16))];
      kernel.reduce!("sum", "columns", label, inputs, space.output([4]));
      return Promise.resolve(outcomeOf(null));
    },
  };
  const problem = async (kernel: Kernel) =>
    (await onEveryPath(asked).run(kernel, createRandom(1))).problem;
  assertEquals(await problem(formulaKernel({})), null);
  const wrong = labelled(3);
  // Of random numbers in rows of 11 hardly any two are equal.
  const kernel = changed(
    "reduce",
    (reduce) => (reduction, reduced, given, inputs, ...rest) =>
      reduce(reduction, reduced, inputs[2]!.size === 99 ? wrong : given, inputs, ...rest),
  );
  assertMatch(await problem(kernel) ?? "", /^sum of rows of 9 x 11/);
});

Deno.test("onEveryPath() finds parameters that are kept from the first call", async () => {
  let first: readonly number[] | null = null;
  const kept = changed("map", (map) => (given, inputs, outputs, parameters) => {
    first ??= parameters ?? null;
    return map(given, inputs, outputs, first ?? []);
  });
  assertMatch(await problemOf(kept) ?? "", /^element/);
});

Deno.test("onEveryPath() judges a formula once on each kernel, and again after it failed", async () => {
  let calls = 0;
  const counted = (isRight: () => boolean) =>
    changed("map", (map) => (given, ...rest) => {
      calls++;
      return map(isRight() ? given : other, ...rest);
    });
  const right = counted(() => true);
  await problemOf(right);
  assertEquals([calls, await problemOf(right), calls], [5, null, 6]);
  calls = 0;
  const wrong = counted(() => calls === 1);
  const [found, again] = [await problemOf(wrong), (calls = 0, await problemOf(wrong))];
  assert(found !== null);
  assertEquals(again, found);
});

Deno.test("onEveryPath() leaves a kernel's operations as they were", async () => {
  await using naive = await createKernel("naive");
  const { map } = naive;
  await problemOf(naive);
  assert(naive.map === map && !Object.hasOwn(naive, "map"));
  const kernel = changed("map", (method) => (...args) => method(...args));
  const own = kernel.map;
  await problemOf(kernel);
  assert(kernel.map === own);
});

Deno.test("onEveryPath() runs the case alone where an operation cannot be observed", async () => {
  const frozen = Object.freeze(formulaKernel({}));
  assertEquals(await problemOf(frozen), null);
  const kernel = formulaKernel({});
  let maps = 0;
  const behind = new Proxy(kernel, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "map") maps++;
      return (...args: unknown[]) => Reflect.apply(value, target, args);
    },
  });
  const { problem } = await onEveryPath({
    ...one,
    run: (given) => {
      given.map!(made, [kernel.tensor([1], [1])], [kernel.tensor([1], [1])], [2]);
      return Promise.resolve(outcomeOf(null));
    },
  }).run(behind, createRandom(1));
  assertEquals(problem, null);
  assert(maps > 0);
});
