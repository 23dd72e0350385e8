import { assertEquals, assertThrows } from "@std/assert";
import { namesOf, type Option, readOptions, textOf, UsageError, wholeNumberOf } from "./command.ts";

const options: Record<string, Option> = {
  out: { value: "FOLDER", help: "" },
  count: { value: "N", help: "" },
  fast: { value: null, help: "" },
};

Deno.test("readOptions() takes a value after a space or an equals sign", () => {
  for (const args of [["--out", "a b"], ["--out=a b"]]) {
    assertEquals(textOf(readOptions(args, options), "out"), "a b");
  }
  assertEquals(
    readOptions(["-h", "--fast"], options).given,
    new Map([["fast", true], ["help", true]]),
  );
  assertEquals(readOptions(["x", "y"], options, { words: true }).words, ["x", "y"]);
});

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown option": [["--slow"], "unknown option --slow; there are --out, --count, --fast"],
  "an unknown short option": [["-x"], "unknown option -x"],
  "a name of every object": [["--constructor"], "unknown option --constructor"],
  "an option without its value": [["--out"], "--out needs a value: --out FOLDER"],
  "an option before another": [["--out", "--fast"], "--out needs a value"],
  "an empty value": [["--out="], "--out needs a value"],
  "an option given twice": [["--out=a", "--out=b"], "--out is given twice"],
  "a word where none is taken": [["x"], 'unexpected argument "x"'],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`readOptions() refuses ${what}`, () => {
    assertThrows(() => readOptions(args, options), UsageError, message);
  });
}

Deno.test("wholeNumberOf() takes whole numbers in range alone", () => {
  const of = (text: string) =>
    wholeNumberOf(readOptions([`--count=${text}`], options), "count", {
      low: 0,
      high: 300,
      otherwise: 7,
    });
  assertEquals(["0", "12", "0xff"].map(of), [0, 12, 255]);
  for (const text of ["-1", "301", "1.5", "1e2", "", " 1", "NaN", "one"]) {
    assertThrows(() => of(text), UsageError, "--count");
  }
  const none = readOptions([], options);
  assertEquals(wholeNumberOf(none, "count", { low: 0, high: 9, otherwise: 7 }), 7);
});

Deno.test("namesOf() takes a list, each name once", () => {
  const of = (text: string) =>
    namesOf(readOptions([`--out=${text}`], options), "out", ["a", "b"], "x");
  assertEquals(of("b, a,b"), ["b", "a"]);
  assertThrows(() => of("a,c"), UsageError, 'unknown x "c"; there are a, b');
  assertThrows(() => of("a,"), UsageError, 'unknown x ""; there are a, b');
});
