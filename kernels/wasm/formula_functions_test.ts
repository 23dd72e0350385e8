import { assert, assertEquals } from "@std/assert";
import { type UnaryFunction, unaryFunctions } from "../formula/expression.ts";
import { roundToEven } from "../formula/evaluate.ts";
import { pointwiseDerivative, pointwiseValue } from "../scalar_activations.ts";
import { ModuleBuilder, whileTrue } from "./assembler.ts";
import { unaryFunction } from "./formula_functions.ts";
import { wasmFormulas } from "./formula_traits.ts";
import { i32, v128 } from "./instructions.ts";
import { VectorCode } from "./vector_math.ts";

// Functions of float64 numbers, whose results are stored as they are, against those of Math.

const memory = { minimum: 16, maximum: 16, shared: false };
const most = 2 ** 15;

/** f of float64 numbers. */
function compute(name: UnaryFunction, inputs: readonly number[], fused: boolean): Float64Array {
  const module = new ModuleBuilder(memory);
  module.func("run", { from: "i32", to: "i32", pairs: "i32" }, ({ from, to, pairs }, scope) => {
    const code = new VectorCode(scope, fused, true);
    const result = unaryFunction(code, "float64", name, code.let(v128.load(from)));
    return [whileTrue(pairs, [
      ...code.statements,
      v128.store(to, result),
      from.set(i32.add(from, 16)),
      to.set(i32.add(to, 16)),
      pairs.set(i32.sub(pairs, 1)),
    ])];
  });
  const own = new WebAssembly.Memory({ initial: 16, maximum: 16 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), {
    env: { memory: own },
  });
  new Float64Array(own.buffer).set(inputs);
  const { run } = exports as { readonly run: (from: number, to: number, pairs: number) => void };
  run(0, 8 * most, Math.ceil(inputs.length / 2));
  return new Float64Array(own.buffer, 8 * most, inputs.length);
}

const elementary: Partial<Record<UnaryFunction, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  round: roundToEven,
  sqrt: Math.sqrt,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  gelu_derivative: pointwiseDerivative("gelu"),
  gelu_tanh_derivative: pointwiseDerivative("gelu_tanh"),
  silu_derivative: pointwiseDerivative("silu"),
  mish_derivative: pointwiseDerivative("mish"),
};

function reference(name: UnaryFunction): (a: number) => number {
  return elementary[name] ?? pointwiseValue(name as Parameters<typeof pointwiseValue>[0]);
}

/** Numbers of all magnitudes, dense where functions bend, and near −1 for log1p. */
function* numbers(): Generator<number> {
  yield* [0, -0, 1, -1, Infinity, -Infinity, NaN, 5e-324, 2 ** -1022, Number.MAX_VALUE, 2, 0.5];
  yield* [709.78, 710, -745, -745.13, -746, 1 - 2 ** -53, 1 + 2 ** -52, Math.SQRT1_2, Math.SQRT2];
  yield* [-0.5, -1.5, 1.5, 2.5, -2.5, 300.5, -300.5, 355.5, -1e300, 1e-300, 2 ** 52 + 0.5];
  for (let i = 0; i < 4000; i++) {
    const t = (i + 0.5) / 4000;
    yield* [20 * t - 10, 200 * t - 100, 1500 * t - 750];
    yield* [2 ** (2000 * t - 1000), -(2 ** (100 * t - 90)), 2 ** (-1075 + 60 * t)];
    yield* [-1 + 2 ** (-53 * t), 1 + 2 ** (-53 * t)];
  }
}

const inputs = [...numbers()];
assert(inputs.length <= most);

for (const fused of [true, false]) {
  for (const name of unaryFunctions) {
    Deno.test(`${name} of formulas is within its claim in float64, ${fused ? "fused" : "not fused"}`, () => {
      const allowed = wasmFormulas.errors[name] ?? 0;
      const f = reference(name);
      const values = compute(name, inputs, fused);
      for (const [i, x] of inputs.entries()) {
        const [value, expected] = [values[i]!, f(x)];
        // A tail may end where it is 0 in float32 whatever it is multiplied by.
        if (Math.abs(expected) < 1e-50 && Math.abs(value) < 1e-50 && allowed > 0) continue;
        const near = Math.abs(value - expected) <= allowed * Math.abs(expected);
        if (near || value === expected) continue;
        assertEquals(value, expected, `${name}(${x})`);
      }
    });
  }
}
