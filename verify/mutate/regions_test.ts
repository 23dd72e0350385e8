import { assertEquals } from "@std/assert";
import { regionOf, regionsOf, withProbes } from "./regions.ts";

const source = `
const a = (x) => x ? one(x) : two(x);
function one(x = b ?? c()) { if (x) return 1; else { return 2; } }
const two = (x) => ({ x });
class C { get it() { for (const y of [1]) y; return this.z ||= 3; } }
switch (a) { case 1: a; break; default: }
`;

/** The texts of the regions that a run of the code reaches. */
async function reachedBy(code: string, call: string): Promise<string[]> {
  const regions = regionsOf(code);
  const reached = new Set<number>();
  const text = `export function run(probe) { ${withProbes(code, (i) => `probe(${i})`)}; ${call} }`;
  const { run } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  run((i: number) => reached.add(i));
  return regions.flatMap(({ start, end }, i) => reached.has(i) ? [code.slice(start, end)] : []);
}

Deno.test("withProbes() leaves what the code does, and says which regions it reached", async () => {
  const code = "const f = (x) => x > 1 ? g(x) : 0; const g = (x) => { if (x > 2) return 5; };";
  assertEquals(await reachedBy(code, "f(0)"), ["(x) => x > 1 ? g(x) : 0", "0"]);
  assertEquals(await reachedBy(code, "f(2)"), [
    "(x) => x > 1 ? g(x) : 0",
    "g(x)",
    "(x) => { if (x > 2) return 5; }",
  ]);
  assertEquals((await reachedBy(code, "f(3)")).at(-1), "return 5;");
  const conditional = "const o = { n: null, f() { this.n ??= 1; return this.n && 2 } };";
  const [whole, ...inside] = await reachedBy(conditional, "o.f()");
  assertEquals(inside, ["1", "2"]);
  assertEquals(await reachedBy(conditional, "o.n = 7; o.f()"), [whole, "2"]);
});

Deno.test("regionOf() finds the innermost region of an edit", () => {
  const regions = regionsOf(source);
  const textAt = (text: string) => {
    const start = source.indexOf(text);
    const found = regionOf(regions, { start, end: start + text.length });
    return found === null ? null : source.slice(regions[found]!.start, regions[found]!.end);
  };
  assertEquals(textAt("a = "), null);
  assertEquals(textAt(" ? one"), "(x) => x ? one(x) : two(x)");
  assertEquals(textAt("one(x)"), "one(x)");
  assertEquals(textAt("c()"), "c()");
  assertEquals(textAt("return 1;"), "return 1;");
  assertEquals(textAt("return 2;"), "{ return 2; }");
  assertEquals(textAt("{ x }"), "(x) => ({ x })");
  assertEquals(textAt("y; return"), "get it() { for (const y of [1]) y; return this.z ||= 3; }");
  assertEquals(textAt("3;"), "get it() { for (const y of [1]) y; return this.z ||= 3; }");
  assertEquals(textAt("3"), "3");
});
