import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { compareGroups, fingerprint } from "./groups.ts";
import { subjectKernel } from "./mutants/subject.ts";

Deno.test("compareGroups() joins kernels that claim the same, and finds their bits equal", async () => {
  await using naive = await createKernel("naive");
  await using other = subjectKernel({}, { summation: { order: "blocked", block: (k) => k } });
  await using blocked = subjectKernel({});
  const prints = [];
  for (const kernel of [naive, blocked]) prints.push(await fingerprint(kernel, 1));
  assertEquals(compareGroups(prints), []);
  assertNotEquals(prints[0]!.claims, prints[1]!.claims);
  // Chunks of 16 that are said to be one: a claim that is false.
  prints.push(await fingerprint(other, 1));
  const [group] = compareGroups(prints);
  assertEquals(group?.kernels, ["naive", "subject"]);
  assertStringIncludes(group?.problem ?? "", "subject on 1x96x768");
});

Deno.test("compareGroups() finds wasm-simd and wasm-threads equal in every bit", async () => {
  await using simd = await createKernel("wasm-simd");
  await using threads = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
  const prints = [await fingerprint(simd, 1), await fingerprint(threads, 1)];
  const [group] = compareGroups(prints);
  assertEquals(group?.problem, null);
  assert((group?.cases ?? 0) > 5);
});
