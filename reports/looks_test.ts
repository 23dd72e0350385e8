import { assertEquals, assertNotEquals } from "@std/assert";
import { madeRecord } from "../results/result_testing.ts";
import { hollowOf, looksOf } from "./looks.ts";
import { kernelNames } from "../kernels/registry.ts";
import { seriesStyle } from "./palette.ts";

const known = [
  "naive",
  "blocked",
  "wasm-simd",
  "wasm-threads",
  "webgpu",
  "openblas",
  "onnxruntime-web",
  "tfjs-wasm",
];

const all = [
  ...known,
  "native",
  "jax-js",
  "openblas-mt",
  "jax-webgpu",
  "tfjs-cpu",
  "ml-matrix",
  "litert",
];

Deno.test("looksOf() gives a kernel the same look whatever else there is", () => {
  const all = looksOf([...known, "mine", "yours"]);
  for (const name of [...known, "mine", "yours"]) {
    assertEquals(looksOf([name]).get(name), all.get(name), name);
  }
  assertEquals(looksOf(["b", "a"]), looksOf(["a", "b"]));
});

Deno.test("looksOf() tells the usual kernels and peers apart by colour and by shape", () => {
  const styles = [...looksOf(known).values()].map(seriesStyle);
  assertEquals(new Set(styles.map(({ color }) => color)).size, known.length);
  assertEquals(new Set(styles.map(({ marker }) => JSON.stringify(marker))).size, known.length);
});

Deno.test("looksOf() knows every kernel of the registry and each usual peer, each with a look of its own", () => {
  const names = [...new Set([...kernelNames, ...all])];
  assertEquals(new Set(looksOf(names).values()).size, names.length);
  // Known ones give way to nothing: a look that a name merely chooses could be another's.
  const others = Array.from({ length: 200 }, (_, i) => `kernel ${i}`);
  const beside = looksOf([...names, ...others]);
  for (const name of names) {
    assertEquals(beside.get(name), looksOf([name]).get(name), name);
    assertEquals(others.some((other) => beside.get(other) === beside.get(name)), false, name);
  }
});

Deno.test("looksOf() gives unknown names looks that no known one has, different ones while there are any", () => {
  const names = Array.from({ length: 16 }, (_, i) => `kernel ${i}`);
  const looks = [...looksOf(names).values()];
  assertEquals(new Set(looks).size, 16);
  const taken = new Set(looksOf(known).values());
  assertEquals(looks.filter((look) => taken.has(look)), []);
  // And beyond that still one each, which can be drawn.
  const many = [...looksOf(Array.from({ length: 500 }, (_, i) => `x${i}`)).values()];
  assertEquals(many.length, 500);
  for (const look of many) seriesStyle(look);
});

Deno.test("looksOf() takes names of the language's own objects for names", () => {
  for (const name of ["__proto__", "constructor", "toString", ""]) {
    assertNotEquals(looksOf([name]).get(name), undefined);
  }
});

Deno.test("hollowOf() has what ran without flags beside the same kernel with flags, and nothing else", () => {
  const record = (
    name: string,
    base: string,
    engine: string,
    unavailable: string | null = null,
  ) => ({
    ...madeRecord(name),
    base,
    engine,
    unavailable,
  });
  const both = [record("a (plain)", "a", "plain"), record("a (revec)", "a", "--flag")];
  assertEquals([...hollowOf({ engine: "--flag", kernels: both })], ["a (plain)"]);
  assertEquals([...hollowOf({ engine: "plain", kernels: both.slice(0, 1) })], []);
  // A record that names no engine has that of its file.
  const unnamed = [record("a (revec)", "a", "--flag"), { ...madeRecord("a (plain)"), base: "a" }];
  assertEquals([...hollowOf({ engine: "plain", kernels: unnamed })], ["a (plain)"]);
  assertEquals([...hollowOf({ engine: "--flag", kernels: unnamed })], []);
  const skipped = record("a (revec)", "a", "--flag", "crashed");
  assertEquals([...hollowOf({ engine: "--flag", kernels: [both[0]!, skipped] })], []);
});
