import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { parseShapes, parseSweeps, sweepShapes } from "./shapes.ts";

const wrongShapes: Record<string, [text: string, message: string]> = {
  "two dimensions": ["128x512", 'as in 128x512x784:relu; got "128x512"'],
  "four dimensions": ["1x2x3x4", 'got "1x2x3x4"'],
  "no text between commas": ["1x2x3,,4x5x6", 'got ""'],
  "a zero": ["0x2x3", 'got "0x2x3"'],
  "a fraction": ["1.5x2x3", 'got "1.5x2x3"'],
  "a negative number": ["-1x2x3", 'got "-1x2x3"'],
  "an exponent": ["1e3x2x3", 'got "1e3x2x3"'],
  "an empty dimension": ["1xx3", 'got "1xx3"'],
  "a dimension beyond the largest": ["1048577x1x1", "from 1 to 1,048,576"],
  "an unknown activation": ["1x2x3:Relu", 'the unknown activation "Relu"; there are linear, relu'],
  "an empty activation": ["1x2x3:", 'the unknown activation ""'],
  "two activations": ["1x2x3:relu:tanh", 'the unknown activation "relu:tanh"'],
  "a weight beyond the memory": ["1x65536x65536", "w has 4,294,967,296 numbers; at most 134,217"],
  "an output beyond the memory": ["65536x65536x1", "y has 4,294,967,296 numbers"],
};

for (const [what, [text, message]] of Object.entries(wrongShapes)) {
  Deno.test(`parseShapes() refuses ${what}`, () => {
    assertThrows(() => parseShapes(text), UsageError, message);
  });
}

const wrongSweeps: Record<string, [text: string, message: string]> = {
  "an unknown dimension": ["b=1..8", 'got "b=1..8"'],
  "a single value": ["m=8", 'got "m=8"'],
  "a dash": ["m=1-8", 'got "m=1-8"'],
  "a zero": ["m=0..8", 'got "m=0..8"'],
  "a step of zero": ["m=1..8:0", 'got "m=1..8:0"'],
  "a range that descends": ["m=8..1", "from the lower number to the higher, m=1..8"],
  "a dimension that is given twice": ["m=1..8,n=1..8,m=1..2", "--sweep gives m twice"],
};

for (const [what, [text, message]] of Object.entries(wrongSweeps)) {
  Deno.test(`parseSweeps() refuses ${what}`, () => {
    assertThrows(() => parseSweeps(text), UsageError, message);
  });
}

Deno.test("parseShapes() reads spaces, capitals and repeats", () => {
  const found = parseShapes(" 3X5×7:softmax , 3x5x7,3x5x7 ");
  assertEquals(found.map(({ name, m, n, k, activation }) => [name, m, n, k, activation]), [
    ["3x5x7-softmax", 3, 5, 7, "softmax"],
    ["3x5x7", 3, 5, 7, "linear"],
  ]);
});

Deno.test("parseSweeps() takes a single value as one, and never exceeds the last", () => {
  assertEquals(parseSweeps("k=3..3"), [{ dimension: "k", values: [3] }]);
  assertEquals(parseSweeps("m = 3 .. 23").length, 1);
  assertEquals(parseSweeps("m=3..23")[0]?.values, [3, 6, 12]);
  assertEquals(parseSweeps("m=3..23:10")[0]?.values, [3, 13, 23]);
});

Deno.test("sweepShapes() makes every combination once, named after its own shape", () => {
  const shapes = parseShapes("1x2x3:relu,9x2x3:relu");
  const found = sweepShapes(shapes, parseSweeps("m=1..2,n=4..8"));
  // The shapes differ in m alone, which the sweep replaces.
  assertEquals(found.map(({ name }) => name), [
    "1x4x3-relu",
    "1x8x3-relu",
    "2x4x3-relu",
    "2x8x3-relu",
  ]);
  assertEquals(sweepShapes(shapes, []).length, 2);
});

Deno.test("sweepShapes() refuses too many, at once, and what is too large only when swept", () => {
  const [shape] = parseShapes("1x1x1");
  const many = parseSweeps("m=1..1048576:1");
  assertThrows(() => sweepShapes([shape!], many), UsageError, "at most 256");
  const large = parseSweeps("m=1..1048576,n=1048576..1048576");
  assertThrows(() => sweepShapes([shape!], large), UsageError, "y has");
});
