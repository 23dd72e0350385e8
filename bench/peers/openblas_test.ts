import { assertThrows } from "@std/assert";
import { openLibrary } from "./openblas.ts";

Deno.test("openLibrary() says in one line why there is no OpenBLAS", () => {
  const error = assertThrows(() => openLibrary(["libnothing.so.0", "libnothing.so"]), Error);
  if (error.message.includes("\n") || !error.message.includes("libnothing.so.0")) throw error;
});
