import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { createKernel } from "../kernels/registry.ts";
import { compareGroups, hashResults } from "./groups.ts";
import { subjectKernel } from "./mutants/subject.ts";

Deno.test("compareGroups() joins kernels that claim the same, and finds their bits equal", async () => {
  await using naive = await createKernel("naive");
  await using other = subjectKernel({}, { summation: { order: "blocked", block: (k) => k } });
  await using blocked = subjectKernel({});
  const hashes = [];
  for (const kernel of [naive, blocked]) hashes.push(await hashResults(kernel, 1));
  assertEquals(compareGroups(hashes), []);
  assertNotEquals(hashes[0]!.claims, hashes[1]!.claims);
  // Chunks of 16 that are said to be one: a claim that is false.
  hashes.push(await hashResults(other, 1));
  const [group] = compareGroups(hashes);
  assertEquals(group?.kernels, ["naive", "subject"]);
  assertStringIncludes(group?.problem ?? "", "subject on 1x96x768");
});

Deno.test("compareGroups() finds wasm-simd and wasm-threads equal in every bit", async () => {
  await using simd = await createKernel("wasm-simd");
  await using threads = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
  const hashes = [await hashResults(simd, 1), await hashResults(threads, 1)];
  const [group] = compareGroups(hashes);
  assertEquals(group?.problem, null);
  assert((group?.cases ?? 0) > 5);
});
