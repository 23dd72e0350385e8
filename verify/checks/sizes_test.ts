import { assert, assertEquals, assertGreaterOrEqual, assertNotEquals } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { createKernel } from "../../kernels/registry.ts";
import { findCase } from "../check.ts";
import { alter, dataOf } from "../mutants/mutant.ts";
import { limitsFor } from "../sizes/limits.ts";
import { productCalls } from "../sizes/products.ts";
import { checks, verifyKernel } from "../verify.ts";
import { arraySizes } from "./array_sizes.ts";
import { productSizes } from "./product_sizes.ts";

const kernel = await createKernel("naive");
const context = { effort: "quick", create: null } as const;
const limits = limitsFor(kernel, "quick");

Deno.test("product-sizes has products in full mode whose multiply-adds are beyond 32 bits, of compiled kernels by a bit more", async () => {
  await using compiled = await createKernel("wasm-simd");
  const beyond = (effort: "quick" | "full", of = kernel, least = 2 ** 31) =>
    productSizes.cases(of, { ...context, effort })
      .map(({ id, shape }) => ({ id, work: shape!.m * shape!.n * shape!.k }))
      .filter(({ work }) => work >= least);
  const calls = (works: ReturnType<typeof beyond>) =>
    [...new Set(works.map(({ id }) => id.split("/").at(-1)))].sort();
  const negative = beyond("full").filter(({ work }) => (work | 0) < 0);
  assertEquals(calls(negative), ["dense", "matmul-nn", "matmul-nt", "matmul-tn"]);
  const small = beyond("full", compiled).filter(({ work }) => work > 2 ** 32);
  assert(small.some(({ work }) => (work | 0) >= 0 && (work | 0) < 2 ** 24));
  assertEquals(beyond("quick"), []);
  // 2·m·n·k has the sign bit: of compiled kernels in quick mode too, for dense and one of the others.
  const withSign = (of: Kernel, effort: "quick" | "full") =>
    calls(beyond(effort, of, 2 ** 30).filter(({ work }) => (2 * work | 0) < 0));
  assertEquals(withSign(kernel, "full"), ["dense", "matmul-nn", "matmul-nt", "matmul-tn"]);
  assertEquals(withSign(compiled, "quick").length, 2);
});

Deno.test("product-sizes crosses every power of two in each dimension of each way of calling", () => {
  const cases = productSizes.cases(kernel, context);
  assertEquals(new Set(cases.map(({ id }) => id)).size, cases.length);
  for (const call of productCalls) {
    const shapes = cases.filter(({ id }) => id.endsWith(`/${call}`)).map(({ shape }) => shape!);
    for (const axis of ["m", "n", "k"] as const) {
      const sizes = new Set(shapes.map((shape) => shape[axis]));
      for (let power = 2; power < limits.everySize; power *= 2) {
        for (const size of [power - 1, power, power + 1]) {
          assert(sizes.has(size), `${call} ${size}`);
        }
      }
      assertGreaterOrEqual(Math.max(...sizes), limits.long - 3, `${call} ${axis}`);
    }
    const thick = Math.max(...shapes.map(({ m, n, k }) => Math.min(m, n, k)));
    assertGreaterOrEqual(thick, 128, call);
  }
});

Deno.test("array-sizes crosses every power of two in rows and columns of each operation", () => {
  const cases = arraySizes.cases(kernel, context);
  assertEquals(new Set(cases.map(({ id }) => id)).size, cases.length);
  for (const operation of ["sum-rows", "softmax", "softmax-gradient", "activate", "gradient"]) {
    const shapes = cases.filter(({ id }) => id.split("/")[1] === operation)
      .map(({ shape }) => shape!);
    for (const axis of ["m", "n"] as const) {
      const sizes = new Set(shapes.map((shape) => shape[axis]));
      for (let power = 2; power <= 4 * limits.everySize; power *= 2) {
        for (const size of [power - 1, power]) assert(sizes.has(size), `${operation} ${size}`);
      }
      assertGreaterOrEqual(Math.max(...sizes), limits.longest / 4, `${operation} ${axis}`);
    }
  }
});

for (const check of [productSizes, arraySizes]) {
  Deno.test(`${check.name} draws other sizes for another seed, and finds each by its id`, () => {
    const [one, other] = [1, 2].map((seed) => check.cases(kernel, { ...context, seed }));
    const ids = new Set(one!.map(({ id }) => id));
    const drawn = other!.filter(({ id }) => !ids.has(id));
    assertNotEquals(drawn.length, 0);
    for (const { id } of drawn.slice(0, 20)) assertEquals(findCase(one!, id)?.id, id);
  });
}

Deno.test("verifyKernel() counts the elements that were compared, of products of real numbers a sample", async () => {
  const { checks: [report] } = await verifyKernel(kernel, {
    checks: [productSizes],
    effort: "smoke",
  });
  const of = (family: string) => {
    const parts = report!.coverage.filter((part) => part.family === family);
    const sum = (key: "elements" | "compared") =>
      parts.reduce((total, part) => total + (part[key] ?? 0), 0);
    return [sum("elements"), sum("compared")] as const;
  };
  const [all, compared] = of("wide-x");
  assertEquals(all, compared);
  const [real, sampled] = of("real");
  assert(sampled > 0 && sampled < real, `${sampled} of ${real}`);
});

Deno.test("product-sizes says which sampled element is wrong, and what the claimed order gives", async () => {
  await using wrong = alter(await createKernel("naive"), (original) => ({
    matmul: (a, b, out, options) => {
      original.matmul(a, b, out, options);
      const values = dataOf(out);
      values[values.length - 1]! *= 1 + 2 ** -23;
    },
  }));
  const only = {
    ...productSizes,
    cases: (...args: Parameters<typeof productSizes.cases>) =>
      productSizes.cases(...args).filter(({ id }) =>
        id.includes("/real/") && id.includes("matmul-nn")
      ),
  };
  const { checks: [report] } = await verifyKernel(wrong, {
    checks: [only],
    effort: "smoke",
    firstFailure: true,
  });
  const problem = report?.failures[0]?.problem ?? "";
  assert(
    /sampled elements wrong; first \[\d+, \d+\] is .* where the claimed order gives/.test(problem),
    problem,
  );
  assert(checks.includes(productSizes) && checks.includes(arraySizes));
});
