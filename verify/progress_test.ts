import { assertEquals } from "@std/assert";
import { createProgress } from "./progress.ts";

Deno.test("createProgress() ends on a terminal of few columns, and writes no more than fits", () => {
  for (const columns of [1, 2, 3]) {
    let text = "";
    createProgress((part) => text += part, columns).say("half a minute left");
    assertEquals(text, `\r\x1b[2K${"half a minute left".slice(0, columns - 1)}`);
  }
});

Deno.test("createProgress() writes nothing where there is no terminal, or one without a size", () => {
  let text = "";
  const progress = createProgress((part) => text += part, null);
  progress.say("half a minute left");
  progress.clear();
  assertEquals(text, "");
});
