// The assembler against V8's reading of its code: every instruction is valid WebAssembly, and computes
// what its name says.
import { assert, assertEquals } from "@std/assert";
import { type Local, ModuleBuilder, repeatWhile, when, whileTrue } from "./assembler.ts";
import { signed, sizeOfCode, type Statement, unsigned, type V128, writeCode } from "./encoding.ts";
import { clearMemory, copyMemory, f32, f32x4, f64x2, i32, i32x4, v128 } from "./instructions.ts";

const memory = { minimum: 1, maximum: 1, shared: false };

/** Whether there is relaxed SIMD, and its instructions are valid. */
const relaxed = WebAssembly.validate(moduleOf(() => [
  v128.store(0, f32x4.relaxedMadd(v128.load(0), v128.load(0), v128.load(0))),
]));

function moduleOf(body: (a: Local<"i32">, v: Local<"v128">) => readonly Statement[]) {
  const module = new ModuleBuilder(memory);
  module.func("run", { a: "i32" }, ({ a }, scope) => body(a, scope.local("v128")));
  return module.bytes();
}

/** Runs code on a memory that begins with these floats, and returns the first four afterwards. */
function run(
  values: readonly number[],
  body: Parameters<typeof moduleOf>[0],
  argument = 0,
): Float32Array {
  const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const floats = new Float32Array(own.buffer);
  floats.set(values);
  const module = new WebAssembly.Module(moduleOf(body));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: own } });
  (exports.run as (a: number) => void)(argument);
  return floats.slice(0, 4);
}

/** A statement for every function of vectors, and of vectors and a shift by 3. */
function uses(functions: object): [string, Statement][] {
  const [a, b, c] = [v128.load(0), v128.load(0, 16), v128.load(0, 32)] as const;
  return Object.entries(functions).flatMap(([name, make]): [string, Statement][] => {
    if (/const|lanes|splat|shuffle|extract|load|store|Lane|Zero/i.test(name)) return [];
    const operands = /shift/.test(name) ? [a, 3] : [a, b, c].slice(0, make.length);
    return [[name, v128.store(0, (make as (...operands: unknown[]) => V128)(...operands))]];
  });
}

for (const [type, functions] of Object.entries({ v128, i32x4, f32x4, f64x2 })) {
  Deno.test(`every instruction on ${type} is valid`, () => {
    const all = uses(functions).filter(([name]) => relaxed || !name.startsWith("relaxed"));
    assert(all.length > 4, `${all.length} instructions`);
    for (const [name, statement] of all) {
      assert(WebAssembly.validate(moduleOf(() => [statement])), `${type}.${name}`);
    }
  });
}

Deno.test("every instruction on i32, memory and lanes is valid", () => {
  const statements: Record<string, (a: Local<"i32">, v: Local<"v128">) => Statement> = {
    ...Object.fromEntries(
      ([
        "eq",
        "less",
        "greaterSigned",
        "greater",
        "lessOrEqual",
        "greaterOrEqual",
      ] as const)
        .map((name) => [name, (a: Local<"i32">) => a.set(i32[name](a, 7))]),
    ),
    ...Object.fromEntries(
      (["add", "sub", "mul", "and", "shiftLeft", "shiftRight"] as const)
        .map((name) => [name, (a: Local<"i32">) => a.set(i32[name](a, -3))]),
    ),
    select: (a) => a.set(i32.select(a, 1, 2)),
    memory: (a) => i32.store(a, i32.load(a, 300), 70_000),
    float: (a) => f32.store(a, f32.load(a, 4), 8),
    load32Zero: (a, v) => v.set(v128.load32Zero(a)),
    store32Lane: (a, v) => v128.store32Lane(a, v, 2, 8),
    store64Lane: (a, v) => v128.store64Lane(a, v, 1),
    copyMemory: (a) => copyMemory(a, 0, 64),
    clearMemory: (a) => clearMemory(a, 64),
    tee: (a, v) => v128.store(a.tee(i32.add(a, 1)), v.tee(f32x4.const(1))),
  };
  for (const [name, make] of Object.entries(statements)) {
    assert(WebAssembly.validate(moduleOf((a, v) => [make(a, v)])), name);
  }
});

Deno.test("i32.const() encodes constants on both sides of every length", () => {
  const edges = [0, 1, 63, 64, 127, 128, 8191, 8192, 2 ** 20, 2 ** 27 - 1, 2 ** 27, 2 ** 31 - 1];
  for (const constant of edges.flatMap((edge) => [edge, -edge, -edge - 1])) {
    const floats = run([], () => [i32.store(0, constant)]);
    assertEquals(new Int32Array(floats.buffer)[0], constant, `${constant}`);
  }
});

Deno.test("unsigned() and signed() encode LEB128", () => {
  // The specification's and Wikipedia's examples.
  assertEquals(unsigned(624_485), [0xe5, 0x8e, 0x26]);
  assertEquals(unsigned(2 ** 32 - 1), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assertEquals(signed(-123_456), [0xc0, 0xbb, 0x78]);
  assertEquals([signed(63), signed(64), signed(-64)], [[0x3f], [0xc0, 0], [0x40]]);
});

Deno.test("writeCode() writes nested code in order, as many bytes as sizeOfCode() says", () => {
  const code = [1, [2, [], [3, [4]]], 5];
  const bytes = new Uint8Array(sizeOfCode(code) + 1);
  assertEquals(writeCode(code, bytes, 1), bytes.length);
  assertEquals([...bytes], [0, 1, 2, 3, 4, 5]);
});

Deno.test("f32x4 computes by lanes, in the order of its operands", () => {
  const values = [1, -2, 3.5, NaN, 4, 8, -0.5, 1];
  const [a, b] = [v128.load(0), v128.load(0, 16)] as const;
  const compute = (value: V128) => [...run(values, () => [v128.store(0, value)])];
  assertEquals(compute(f32x4.sub(a, b)), [-3, -10, 4, NaN]);
  assertEquals(compute(f32x4.div(a, b)), [0.25, -0.25, -7, NaN]);
  assertEquals(compute(f32x4.pmin(a, b)), [1, -2, -0.5, NaN]);
  assertEquals(compute(f32x4.nearest(a)), [1, -2, 4, NaN]);
  assertEquals(compute(v128.select(f32x4.less(a, b), a, b)), [1, -2, -0.5, 1]);
  assertEquals(compute(v128.andNot(a, f32x4.greater(a, b))), [1, -2, 0, NaN]);
  assertEquals(compute(i32x4.shuffle(a, b, 7, 0, 4, 2)), [1, 1, 4, 3.5]);
  assertEquals(compute(f32x4.fromInt(i32x4.lanes(1, -2, 3, 2 ** 24))), [1, -2, 3, 2 ** 24]);
  assertEquals(compute(f32x4.demoteZero(f64x2.add(f64x2.promoteLow(a), f64x2.const(0.5)))), [
    1.5,
    -1.5,
    0,
    0,
  ]);
  if (relaxed) assertEquals(compute(f32x4.relaxedMadd(a, b, b)), [8, -8, -2.25, NaN]);
});

Deno.test("when(), repeatWhile() and whileTrue() run as often as their conditions say", () => {
  /** Adds 1 to the first float. */
  const count = f32x4.add(v128.load(0), v128.load(0, 16));
  const step = (a: Local<"i32">) => [v128.store(0, count), a.set(i32.sub(a, 1))];
  const ones = [0, 0, 0, 0, 1, 1, 1, 1];
  for (const times of [0, 1, 5]) {
    assertEquals(
      run(ones, (a) => [repeatWhile(step(a), i32.greaterSigned(a, 0))], times)[0],
      times || 1,
    );
    assertEquals(run(ones, (a) => [whileTrue(a, step(a))], times)[0], times);
    const branch = run(ones, (a) => [
      when(i32.eq(a, 0), [v128.store(0, f32x4.const(7))], [v128.store(0, f32x4.const(9))]),
    ], times);
    assertEquals(branch[0], times === 0 ? 7 : 9);
  }
});

Deno.test("call() passes arguments by name", () => {
  const module = new ModuleBuilder(memory);
  const put = module.func("put", { at: "i32", what: "i32" }, ({ at, what }) => [
    i32.store(at, what),
  ]);
  module.func("run", {}, () => [put.call({ what: 42, at: 8 })]);
  const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    env: { memory: own },
  });
  (exports.run as () => void)();
  assertEquals([...new Int32Array(own.buffer, 0, 4)], [0, 0, 42, 0]);
});

Deno.test("operands of a wrong type are errors of types", () => {
  // Never run: each must be an error of types.
  const wrong = (value: V128) => [
    // @ts-expect-error a vector is no address
    v128.load(value),
    // @ts-expect-error a number is no vector
    f32x4.add(1, value),
    // @ts-expect-error a vector is no i32
    i32.add(value, 1),
  ];
  assertEquals(typeof wrong, "function");
});
