import { assert, assertEquals } from "@std/assert";
import * as instructions from "../../kernels/wasm/instructions.ts";
import { applyEdit, lineAt, sourceOperators } from "./edit.ts";
import { constantsFor, operatorsFor, siblings } from "./replacements.ts";
import { editsOf } from "./source_operators.ts";
import { parseModule } from "./syntax.ts";

/** What an operator makes of a text. */
function made(operator: string, text: string): string[] {
  return editsOf(text).filter((edit) => edit.operator === operator).map((edit) =>
    applyEdit(text, edit)
  );
}

Deno.test("each operator of sources changes what its name says", () => {
  assertEquals(made("delete statement", "f(); if (a) b = 1;"), [
    "; if (a) b = 1;",
    "f(); ;",
    "f(); if (a) ;",
  ]);
  assertEquals(made("delete element", "x = [f(), 1];"), ["x = [...[], 1];"]);
  assertEquals(made("replace operator", "a - b; c &&= d; i++;"), [
    "a + b; c &&= d; i++;",
    "a - b; c = d; i++;",
    "a - b; c &&= d; i--;",
  ]);
  assertEquals(made("change constant", "x = 5; y = true;"), [
    "x = 6; y = true;",
    "x = 4; y = true;",
    "x = 0; y = true;",
    "x = 10; y = true;",
    "x = 5; y = false;",
  ]);
  assertEquals(made("negate condition", "if (a) b(); x = c ? 1 : 2;"), [
    "if (!(a)) b(); x = c ? 1 : 2;",
    "if (a) b(); x = !(c) ? 1 : 2;",
  ]);
  assertEquals(made("return early", "function f() { a(); b(); }"), [
    "function f() { a(); return; b(); }",
  ]);
  assertEquals(made("swap arguments", "f(a, b, ...c);"), ["f(b, a, ...c);"]);
  assertEquals(made("swap branches", "x = a ? b : c;"), ["x = (b);", "x = (c);"]);
  assertEquals(made("remove await", "x = await f(a);"), ["x = (f(a));"]);
  assertEquals(made("remove call", "x = fround(a + b); g(a);"), ["x = (a + b); g(a);"]);
  assertEquals(made("remove negation", "x = !a - -b;"), ["x = (a) - -b;", "x = !a - (b);"]);
  assertEquals(made("replace name", "function f(m: number, n: number) { return g(m); }"), [
    "function f(m: number, n: number) { return g(n); }",
  ]);
  assertEquals(made("replace function", "x = Math.min(f32x4.max(a, b));"), [
    "x = Math.max(f32x4.max(a, b));",
    "x = Math.min(f32x4.min(a, b));",
    "x = Math.min(f32x4.pmax(a, b));",
  ]);
});

Deno.test("editsOf() leaves types, imports, keys and texts of errors alone", () => {
  const text = `import { a } from "b";
type T = 1 | 2;
interface I { readonly x: 3 }
const o = { 4: "s", key: "t" };
if (o) throw new RangeError(\`\${1 + 2} and \${f(3)}\`);
`;
  const changed = editsOf(text).map(({ start, end }) => text.slice(start, end));
  assertEquals(changed, [
    "if (o) throw new RangeError(`${1 + 2} and ${f(3)}`);",
    "o",
    "throw new RangeError(`${1 + 2} and ${f(3)}`);",
  ]);
});

Deno.test("every mutation of a kernel's source is a module, or nearly all of them", () => {
  const text = Deno.readTextFileSync(new URL("../../kernels/heap.ts", import.meta.url));
  const edits = editsOf(text);
  assert(edits.length > 100);
  assert(new Set(edits.map(({ operator }) => operator)).size > 8);
  const broken = edits.filter((edit) => {
    try {
      parseModule(applyEdit(text, edit));
      return false;
    } catch {
      return true;
    }
  });
  assertEquals(broken.map((edit) => applyEdit("", { ...edit, start: 0, end: 0 })), []);
});

Deno.test("every operator of sources finds something to change in the kernels", () => {
  const found = new Set(
    ["heap.ts", "wasm/vector_math.ts", "wasm/thread_pool.ts", "wasm/features.ts"].flatMap((name) =>
      editsOf(Deno.readTextFileSync(new URL(`../../kernels/${name}`, import.meta.url))).map((
        { operator },
      ) => operator)
    ),
  );
  assertEquals(sourceOperators.filter((name) => !found.has(name)), []);
});

Deno.test("siblings() names only instructions that there are", () => {
  for (const [name, object] of Object.entries(instructions)) {
    if (typeof object !== "object") continue;
    for (const own of Object.keys(object)) {
      for (const other of siblings(name, own)) {
        assert(Object.hasOwn(object, other), `${name}.${other}`);
        assert(other !== own);
      }
    }
  }
  assertEquals([siblings("Math", "min"), siblings("f32x4", "nothing")], [["max"], []]);
});

Deno.test("constantsFor() and operatorsFor() give other values alone", () => {
  for (const value of [0, 1, 2, 0.5, 2 ** 31]) {
    assert(!constantsFor(value).some((other) => Object.is(other, value)));
  }
  for (const sign of ["+", "<", "===", "++"]) assert(!operatorsFor(sign).includes(sign));
  assertEquals(operatorsFor("instanceof"), []);
});

Deno.test("lineAt() gives the line and its text, wherever it stands", () => {
  assertEquals(lineAt("a\n  b = c;\nd", 6), { line: 2, text: "b = c;" });
  assertEquals(lineAt("a", 0), { line: 1, text: "a" });
});
