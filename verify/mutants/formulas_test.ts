import { assertEquals } from "@std/assert";
import { formulas } from "../checks/formulas.ts";
import { formulaVariants } from "./formulas.ts";
import { testConforming } from "./mutants.ts";

for (const variant of formulaVariants) {
  Deno.test(`verify accepts a kernel whose ${variant.name}`, async () => {
    assertEquals((await testConforming(variant, { chosen: [formulas] })).problem, null);
  });
}
