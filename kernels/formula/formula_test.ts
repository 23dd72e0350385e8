import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ArgumentError } from "../../common/errors.ts";
import { derivative } from "./derivative.ts";
import { decodeFormula, encodeFormula } from "./encode.ts";
import { mapFormula, roundToEven } from "./evaluate.ts";
import {
  add,
  binary,
  binaryFunctions,
  choose,
  comparisons,
  div,
  exp,
  type Expression,
  expressionOf,
  max,
  mul,
  operand,
  parameter,
  perColumn,
  perRow,
  type Term,
  unary,
  unaryFunctions,
} from "./expression.ts";
import { Formula, formula } from "./formula.ts";

/** Random expressions of two operands by element, one by row, one by column and a parameter. */
const expressions: fc.Arbitrary<Expression> = fc.letrec<{ term: Expression }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(operand(0), operand(1), perRow(2), perColumn(3), parameter(0)),
    fc.double({ min: -4, max: 4, noNaN: true }).map(expressionOf),
    fc.tuple(fc.constantFrom(...unaryFunctions), tie("term")).map(([f, a]) => unary(f, a)),
    fc.tuple(fc.constantFrom(...binaryFunctions), tie("term"), tie("term"))
      .map(([f, a, b]) => binary(f, a, b)),
    fc.tuple(fc.constantFrom(...comparisons), tie("term"), tie("term"), tie("term"), tie("term"))
      .map(([test, a, b, then, otherwise]) => choose(test, a, b, then, otherwise)),
  ),
})).term;

/** The value for one element, with one value of each operand. */
function valueOf(term: Term, values: readonly number[] = [], parameters: readonly number[] = []) {
  // The first operand, so that there is one by element whatever the term reads.
  const made = formula(term, operand(0));
  const outputs = [new Float32Array(1), new Float32Array(1)];
  const operands = made.operands.map((_, i) => Float32Array.of(values[i] ?? 0));
  mapFormula({ rows: 1, columns: 1 }, made, operands, outputs, parameters);
  return outputs[0]![0]!;
}

Deno.test("formula() computes equal parts once and reads operands by element, row and column", () => {
  const made = formula(
    add(mul(operand(0), perRow(1)), perColumn(2)),
    add(mul(operand(0), perRow(1)), perColumn(2)),
  );
  assertEquals([made.steps.length, made.operands], [5, ["element", "row", "column"]]);
  const outputs = [new Float32Array(6), new Float32Array(6)];
  mapFormula(
    { rows: 2, columns: 3 },
    made,
    [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 100), Float32Array.of(0, 1, 2)],
    outputs,
    [],
  );
  assertEquals(outputs[0], Float32Array.of(10, 21, 32, 400, 501, 602));
  assertEquals(outputs[1], outputs[0]);
});

Deno.test("mapFormula() is the same in place, over many blocks, as element by element", () => {
  const made = formula(choose("less", operand(0), 0, mul(0.25, operand(0)), exp(operand(0))));
  const values = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 300);
  const apart = new Float32Array(2001);
  mapFormula({ rows: 3, columns: 667 }, made, [values], [apart], []);
  const inPlace = values.slice();
  mapFormula({ rows: 3, columns: 667 }, made, [inPlace], [inPlace], []);
  assertEquals(inPlace, apart);
  for (const i of [0, 511, 512, 999, 1000, 2000]) {
    const z = values[i]!;
    assertEquals(apart[i], Math.fround(z < 0 ? 0.25 * z : Math.exp(z)));
  }
});

Deno.test("formula() refuses operands that are left out, read in two ways, or never by element", () => {
  const cases: [Term, string][] = [
    [operand(1), "operands are counted from 0 without gaps; 1 is used, but not 0"],
    [add(operand(0), perRow(0)), "operand 0 is read by element and by row; choose one"],
    [perRow(0), "a formula must read at least one operand by element"],
    [3, "a formula must read at least one operand by element"],
  ];
  for (const [term, message] of cases) assertThrows(() => formula(term), ArgumentError, message);
  assertThrows(() => formula(), ArgumentError, "a formula has 1 to 8 outputs");
  assertThrows(() => operand(64), ArgumentError, "counted from 0 to 63; got 64");
  const alike = { kind: "constant", value: 1 } as unknown as Expression;
  assertThrows(() => add(alike, 1), ArgumentError, "made by functions such as add()");
});

Deno.test("formula() takes a chain that is deeper than the stack, up to 1024 steps", () => {
  let chain: Expression = operand(0);
  for (let i = 0; i < 1000; i++) chain = add(chain, operand(0));
  assertEquals(valueOf(chain, [1]), 1001);
  for (let i = 0; i < 20_000; i++) chain = add(chain, operand(0));
  assertThrows(() => formula(chain), ArgumentError, "at most 1024 distinct expressions");
});

Deno.test("decodeFormula() gives the formula that encodeFormula() was given", () => {
  fc.assert(
    fc.property(fc.array(expressions, { minLength: 1, maxLength: 3 }), (outputs) => {
      const made = formula(...outputs, operand(0), operand(1), perRow(2), perColumn(3));
      assertEquals(decodeFormula(encodeFormula(made)).key, made.key);
    }),
  );
  const special = formula(add(operand(0), NaN), mul(-0, operand(0)), div(-Infinity, operand(0)));
  assertEquals(decodeFormula(encodeFormula(special)).key, special.key);
});

Deno.test("derivative() agrees with central differences for every function", () => {
  const z = operand(0);
  const at = [-2.3, -0.7, 0.4, 1.6];
  for (const name of unaryFunctions.filter((name) => !name.endsWith("_derivative"))) {
    for (const x of at) {
      if ((name === "sqrt" || name === "log" || name === "log1p") && x < 0) continue;
      // Inner derivative 2, as of f(2x).
      const f = unary(name, mul(2, z));
      const h = 2 ** -7;
      const slope = (valueOf(f, [x + h]) - valueOf(f, [x - h])) / (2 * h);
      const exact = name === "floor" || name === "round" ? 0 : slope;
      assertAlmostEquals(
        valueOf(derivative(f, z), [x]),
        exact,
        3e-3 * Math.max(1, Math.abs(slope)),
        name,
      );
    }
  }
});

Deno.test("derivative() takes sums, products, quotients, extremes and choices apart", () => {
  const [x, y] = [operand(0), operand(1)];
  const slopes = (term: Expression) =>
    [derivative(term, x), derivative(term, y)].map((slope) =>
      valueOf(add(slope, mul(0, y)), [3, 2])
    );
  assertEquals(slopes(add(mul(x, x), y)), [6, 1]);
  assertEquals(slopes(div(x, y)), [0.5, -0.75]);
  assertEquals(slopes(max(x, y)), [1, 0]);
  assertEquals(slopes(max(x, 3)), [0, 0]);
  assertEquals(slopes(choose("less", x, y, x, mul(5, y))), [0, 5]);
  assertThrows(() => derivative(unary("gelu_derivative", x), x), ArgumentError, "no derivative");
});

Deno.test("a Formula has the same key for the same computation, and another for another", () => {
  const key = (...terms: Term[]) => new Formula(terms).key;
  assertEquals(key(add(operand(0), 1)), key(add(operand(0), 1)));
  const all = [
    key(add(operand(0), 1)),
    key(add(1, operand(0))),
    key(add(operand(0), -0)),
    key(add(operand(0), 0)),
    key(add(operand(0), operand(1))),
    key(add(operand(0), perRow(1))),
    key(add(operand(0), parameter(0))),
    key(operand(0), add(operand(0), 1)),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("roundToEven() rounds halves to the even neighbour", () => {
  assertEquals([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6, NaN].map(roundToEven), [
    -2,
    -2,
    -0,
    0,
    2,
    2,
    2,
    -3,
    NaN,
  ]);
});
