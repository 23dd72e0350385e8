import { assertEquals } from "@std/assert";
import { HeldBlocks } from "./held_blocks.ts";

Deno.test("freeAll() gives back every block that is still held, once", () => {
  const freed: number[] = [];
  const held = new HeldBlocks({ free: (block: number) => freed.push(block) }, {}, 1);
  held.free(2);
  for (const block of [2, 3, 4]) held.add(block);
  held.free(3);
  held.free(3);
  assertEquals(freed, [3]);
  held.freeAll();
  assertEquals(freed, [3, 1, 2, 4]);
});
