import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { ArgumentError, ShapeError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { matmul } from "./matmul.ts";

Deno.test("matmul() throws for shapes that do not fit", async () => {
  await using kernel = await createKernel("naive");
  using a = kernel.tensor([2, 3]);
  assertThrows(
    () => matmul(kernel, a, a),
    ShapeError,
    "a [2, 3] has 3 columns and b [2, 3] 2 rows; they must be equal",
  );
});

Deno.test("matmul() multiplies arrays of rows, of every kind of numbers, and what it returned", async () => {
  const a = [[1, 2, 3], new Float64Array([4, 5, 6])];
  const b = { shape: [3, 2], data: new Int8Array([1, 0, 0, 1, -1, 2]) };
  const c = await matmul(a, b);
  assertEquals(c.shape, [2, 2]);
  assertEquals(c.data, new Float32Array([-2, 8, -2, 17]));
  assertEquals(c.toArray(), [[-2, 8], [-2, 17]]);
  assertEquals(Deno.inspect(c), "Matrix [2, 2]: [[-2, 8], [-2, 17]]");
  assertEquals(`${c}`, Deno.inspect(c));
  assertEquals((await matmul(c, [[1], [1]])).toArray(), [[6], [15]]);
  assertEquals((await matmul(a, a, { transposeB: true })).toArray(), [[14, 32], [32, 77]]);
  assertEquals((await matmul(a, [[1], [2]], { transposeA: true })).toArray(), [[9], [12], [15]]);
  assertEquals((await matmul([[0.1]], [[1]])).data[0], Math.fround(0.1));
  // Sums over nothing, and no rows at all.
  const empty = { shape: [0, 3], data: [] };
  assertEquals((await matmul([[], []], { shape: [0, 2], data: [] })).toArray(), [[0, 0], [0, 0]]);
  assertEquals((await matmul(empty, b)).toArray(), []);
  assertEquals((await matmul(empty, b)).shape, [0, 2]);
});

Deno.test("matmul() of arrays agrees with a kernel, and calls may overlap", async () => {
  await using kernel = await createKernel("blocked");
  const [m, k, n] = [33, 65, 17];
  const whole = (length: number, salt: number) =>
    Float32Array.from({ length }, (_, i) => (i * 7 + salt) % 11 - 5);
  const a = { shape: [m, k], data: whole(m * k, 1) };
  const b = { shape: [k, n], data: whole(k * n, 2) };
  using product = matmul(kernel, kernel.tensor(a.shape, a.data), kernel.tensor(b.shape, b.data));
  const want = await product.read();
  for (const { data } of await Promise.all([1, 2, 3].map(() => matmul(a, b)))) {
    assertEquals(data, want);
  }
});

Deno.test("matmul() of arrays reads them before it returns, so that they may be changed", async () => {
  const data = new Float32Array([1, 2]);
  const row = [3, 4];
  const product = matmul({ shape: [2, 1], data }, [row]);
  const other = matmul([row], { shape: [2, 1], data });
  data.fill(0);
  row.fill(0);
  assertEquals((await product).toArray(), [[3, 4], [6, 8]]);
  assertEquals((await other).toArray(), [[11]]);
});

Deno.test("matmul() of arrays rejects what is no matrix, and says which it is", async () => {
  const one = [[1]];
  const wrong: readonly [unknown, unknown, typeof ShapeError | typeof ArgumentError, string][] = [
    [[[1, 2]], one, ShapeError, "a [1, 2] has 2 columns and b [1, 1] 1 rows; they must be equal"],
    [[[1, 2], [3]], one, ShapeError, "row 0 of a has 2 numbers, and so must row 1 have; got 1"],
    [[1, 2], one, ShapeError, "a must be a matrix, an array of rows; got a flat array of 2"],
    [one, [], ShapeError, "b has no rows"],
    [one, [["1"]], ArgumentError, 'got an array whose element 0 is "1"'],
    [one, ["1"], ArgumentError, 'row 0 of b must be an array of numbers; got "1"'],
    [one, [null], ArgumentError, "row 0 of b must be an array of numbers; got null"],
    [one, new Float32Array(1), ArgumentError, "b must say its shape"],
    [undefined, one, ArgumentError, "a must be a matrix"],
    [one, 3, ArgumentError, "b must be a matrix, an array of rows or { shape, data }; got 3"],
    [one, { shape: [1, 1], data: [1, 2] }, ShapeError, "b [1, 1] holds 1 numbers; got 2"],
    [one, { shape: [1], data: [1] }, ShapeError, "b must have the shape [rows, columns]; got [1]"],
    [one, { shape: [-1, 1], data: [1] }, ShapeError, "whole number >= 0"],
    [[[1n]], one, ArgumentError, "element 0 is 1n"],
    [[[[1]]], one, ArgumentError, "element 0 is an array of 1"],
  ];
  for (const [a, b, error, message] of wrong) {
    await assertRejects(() => matmul(a as never, b as never), error, message);
  }
  await assertRejects(
    () => matmul(one, one, { transpose: true } as never),
    ArgumentError,
    'no option "transpose"',
  );
});

Deno.test("matmul() says where the kernel belongs, and where a promise was given for it", async () => {
  await using kernel = await createKernel("naive");
  using x = kernel.tensor([1, 1]);
  await assertRejects(
    () => matmul(x as never, x as never),
    ArgumentError,
    "a is a tensor, whose kernel comes first: matmul(kernel, a, b)",
  );
  const promise = createKernel("naive");
  assertThrows(() => matmul(promise as never, x, x), ArgumentError, "got a Promise");
  assertThrows(() => matmul(undefined as never, x, x), ArgumentError, "needs a kernel");
  await (await promise)[Symbol.asyncDispose]();
});

Deno.test("a program that multiplies arrays asks for no permission, prints nothing else, and ends", async () => {
  const module = new URL("./matmul.ts", import.meta.url).href;
  await inFolder(async (folder) => {
    const script = `import { matmul } from "${module}";
    console.log((await matmul([[1, 2]], [[3], [4]])).toArray());`;
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    for (const permissions of [[], ["--allow-all"]]) {
      const { code, stdout, stderr } = await runDeno(
        ["run", "--quiet", "--no-check", "--no-config", "--no-lock", ...permissions, "main.ts"],
        { cwd: folder },
      );
      assertEquals({ code, stdout, stderr }, { code: 0, stdout: "[ [ 11 ] ]\n", stderr: "" });
    }
  });
});
