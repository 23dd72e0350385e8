import { assertEquals } from "@std/assert";
import { createProgress, secondsLeft } from "./progress.ts";

Deno.test("createProgress() ends on a terminal of few columns, and writes no more than fits", () => {
  for (const columns of [1, 2, 3]) {
    let text = "";
    createProgress((part) => text += part, columns).say("half a minute left");
    assertEquals(text, `\r\x1b[2K${"half a minute left".slice(0, columns - 1)}`);
  }
});

Deno.test("createProgress() writes a line every five seconds where there is no terminal, if asked to", () => {
  let [text, time] = ["", 0];
  const progress = createProgress((part) => text += part, null, { lines: true, now: () => time });
  for (time = 0; time <= 12_000; time += 500) {
    progress.show("naive", { at: "order", done: time / 500, of: 48 });
  }
  progress.clear();
  assertEquals(text, "  19 s left  naive order 10/48\n  14 s left  naive order 20/48\n");
});

Deno.test("secondsLeft() is unknown until enough cases are done to tell", () => {
  const [half, all] = [{ done: 500, of: 1000 }, { done: 1000, of: 1000, elapsed: 60 }];
  assertEquals(secondsLeft([{ done: 10, of: 1000, elapsed: 5 }], 5), null);
  assertEquals(secondsLeft([{ ...half, elapsed: 0.5 }], 0.5), null);
  assertEquals(
    secondsLeft([{ done: 20, of: 1000, elapsed: 5 }, { done: 480, of: 1000, elapsed: 5 }], 5),
    245,
  );
  // One that has begun does not say yet.
  assertEquals(secondsLeft([all, { done: 0, of: 10, elapsed: 1 }], 61), null);
});

Deno.test("secondsLeft() is no less than a task of few and long cases needs", () => {
  const many = { done: 9990, of: 9990, elapsed: 60 };
  const few = { done: 2, of: 10, elapsed: 10 };
  assertEquals(secondsLeft([many, few], 70), 40);
});

Deno.test("createProgress() writes nothing where there is no terminal, or one without a size", () => {
  let text = "";
  const progress = createProgress((part) => text += part, null);
  progress.say("half a minute left");
  progress.clear();
  assertEquals(text, "");
});
