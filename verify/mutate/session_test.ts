import { assertEquals } from "@std/assert";
import { nothingToMutate } from "./session.ts";

Deno.test("nothingToMutate() tells kernels that cannot run from options that leave nothing", () => {
  assertEquals(
    nothingToMutate([], ["webgpu: no adapter"]),
    "no kernel of those can be run here: webgpu: no adapter",
  );
  assertEquals(
    nothingToMutate(["naive"], ["webgpu: no adapter"]),
    "there is nothing to mutate: --files and --operators leave nothing",
  );
});
