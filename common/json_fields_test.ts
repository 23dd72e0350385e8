import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { failWith, JsonFields, mostCharacters, parseFields, parseJson } from "./json_fields.ts";

const fail = failWith(RangeError, "Cannot read it");

/** The message with which reading from an object ends. */
function refusal(value: unknown, read: (fields: JsonFields) => unknown): string {
  return assertThrows(() => read(new JsonFields(value, fail, "a")), RangeError).message;
}

Deno.test("JsonFields gives back what fits", () => {
  const fields = parseFields(
    '{"text":"x","flag":true,"number":1.5,"count":2,"far":1e999,"list":[{"n":1},{"n":2}],' +
      '"numbers":[0,0.5],"counts":[0,2],"texts":["y"],"object":{"n":3},"nothing":null}',
    fail,
  );
  assertEquals(fields.text("text"), "x");
  assertEquals(fields.flag("flag"), true);
  assertEquals(fields.number("number", 0), 1.5);
  assertEquals(fields.count("count", 0), 2);
  assertEquals(fields.unbounded("far", 0), Infinity);
  assertEquals(fields.choice("text", ["x", "y"]), "x");
  assertEquals(fields.list("list", (one) => one.count("n", 1)), [1, 2]);
  assertEquals([fields.numbers("numbers"), fields.counts("counts")], [[0, 0.5], [0, 2]]);
  assertEquals(fields.texts("texts"), ["y"]);
  assertEquals(fields.object("object").names(), ["n"]);
  assertEquals(fields.nothing("nothing"), null);
});

Deno.test("JsonFields distinguishes null, missing and present", () => {
  const fields = parseFields('{"no":null,"yes":1}', fail);
  const read = (from: JsonFields, key: string) => from.count(key, 0);
  assertEquals([fields.optional("no", read), fields.optional("yes", read)], [null, 1]);
  assertEquals(["no", "yes", "absent"].map((key) => fields.maybe(key, read)), [null, 1, null]);
  assertEquals(["no", "absent"].map((key) => fields.objectOrEmpty(key).names()), [[], []]);
  assertEquals([fields.absent("yes", read), fields.absent("absent", read)], [{ yes: 1 }, {}]);
  assertThrows(() => fields.optional("absent", read), RangeError, "absent is missing");
});

Deno.test("JsonFields.objectOrEmpty() refuses what is there and no object", () => {
  const read = () => parseFields('{"no":[]}', fail).objectOrEmpty("no");
  assertThrows(read, RangeError, "no is a list; it must be an object");
});

const wrong: readonly (readonly [unknown, (fields: JsonFields) => unknown, string])[] = [
  [[], (f) => f.any("b"), "a is a list; it must be an object"],
  [{}, (f) => f.text("b"), "a.b is missing"],
  [{ b: 1 }, (f) => f.text("b"), "a.b is 1; it must be a text"],
  [{ b: 1 }, (f) => f.flag("b"), "a.b is 1; it must be true or false"],
  [{ b: -1 }, (f) => f.number("b", 0), "a.b is -1; it must be a finite number >= 0"],
  [{ b: 2 }, (f) => f.number("b", 0, 1), "a.b is 2; it must be a finite number from 0 to 1"],
  [{ b: NaN }, (f) => f.unbounded("b", 0), "a.b is NaN; it must be a number >= 0"],
  [{ b: 1.5 }, (f) => f.count("b", 1), "a.b is 1.5; it must be a whole number, 1 or more"],
  [{ b: 9 }, (f) => f.count("b", 1, 3), "a.b is 9; it must be a whole number, 1 to 3"],
  [{ b: "z" }, (f) => f.choice("b", ["x", "y"]), 'a.b is "z"; it must be "x" or "y"'],
  [{ b: [1, "2"] }, (f) => f.numbers("b"), 'a.b[1] is "2"; it must be a finite number >= 0'],
  [{ b: [0.5] }, (f) => f.counts("b"), "a.b[0] is 0.5; it must be a whole number, 0 or more"],
  [{ b: [null] }, (f) => f.texts("b"), "a.b[0] is null; it must be a text"],
  [{ b: {} }, (f) => f.list("b", () => 0), "a.b is an object; it must be a list"],
  [{ b: [{}] }, (f) => f.list("b", (one) => one.any("c")), "a.b[0].c is missing"],
  [{ b: 0 }, (f) => f.nothing("b"), "a.b is 0; it must be null"],
  [{ schema: "x/3" }, (f) => f.schema("x/2", "x/1"), 'reads "x/2" and "x/1" only'],
  [{ b: 1 }, (f) => f.fail("b", "is odd"), "a.b is odd"],
];

for (const [value, read, message] of wrong) {
  Deno.test(`JsonFields ends with: ${message}`, () => {
    const found = refusal(value, read);
    assertEquals(found.includes(message), true, found);
    assertMatch(found, /^Cannot read it: .+\.$/);
  });
}

Deno.test("JsonFields shows hostile values in one short line without controls", () => {
  const message = refusal({ b: "\u001b[2J\n\u202e" + "x".repeat(10_000) }, (f) => f.flag("b"));
  assertEquals(message.length < 100, true, message);
  assertEquals(/[\p{Cc}\p{Cf}]/u.test(message), false);
});

Deno.test("JsonFields reads a field under its former name, and names it so", () => {
  const fields = new JsonFields({ old: 1, list: [{ old: "x" }] }, fail, "", { now: "old" });
  assertEquals(fields.count("now", 0), 1);
  assertThrows(() => fields.list("list", (f) => f.count("now", 0)), RangeError, "list[0].old is");
  const both = new JsonFields({ old: 1, now: 2 }, fail).withFormerNames({ now: "old" });
  assertEquals(both.count("now", 0), 2);
});

Deno.test("JsonFields takes the names of every object for nothing", () => {
  const fields = parseFields('{"__proto__":{"b":1}}', fail);
  assertEquals([fields.has("constructor"), fields.has("b")], [false, false]);
  assertEquals(fields.names(), ["__proto__"]);
});

Deno.test("parseJson() refuses what is too long, before it reads it, and what is not JSON", () => {
  const long = " ".repeat(mostCharacters + 1);
  assertThrows(() => parseJson(long, fail), RangeError, "at most 67108864 (64 MiB) are read");
  assertThrows(() => parseJson("{", fail), RangeError, "Cannot read it: the file is not JSON");
});
