import { assert, assertEquals } from "@std/assert";
import { float64ActivationUlp } from "../kernels/activation.ts";
import { createKernel } from "../kernels/registry.ts";
import { activationBounds, isActivation, isLimit, isWithinDeclared } from "./activation_bounds.ts";

await using kernel = await createKernel("naive");
const { traits } = kernel;
const flushed = { ...traits, denormals: "flushed" } as const;

Deno.test("isWithinDeclared() allows the declared units and the absolute error, and NaN for NaN alone", () => {
  const unit = 2 ** -23;
  const declared = (ulp: number, absolute?: number) => ({
    activationUlp: { ...float64ActivationUlp, tanh: ulp },
    ...(absolute !== undefined && { activationAbsolute: { tanh: absolute } }),
  });
  assert(isWithinDeclared("tanh", 1, 1 - 2 * unit, declared(2)));
  assert(!isWithinDeclared("tanh", 1, 1 - 2 * unit, declared(1.9)));
  assert(isWithinDeclared("tanh", 1, 1 - 2 * unit, declared(0, 2 * unit)));
  assert(!isWithinDeclared("tanh", 1, NaN, declared(1e9)));
  assert(!isWithinDeclared("tanh", NaN, 1, declared(1e9)));
  assert(isWithinDeclared("tanh", NaN, NaN, declared(0)));
  // The largest number is a unit from where float32 ends, and an infinite result no number.
  assert(isWithinDeclared("tanh", 2 ** 128 - 2 ** 104, Infinity, declared(1)));
  assert(!isWithinDeclared("tanh", 2 ** 128 - 2 ** 104, Infinity, declared(0.5)));
});

Deno.test("isActivation() takes the limits at infinity, and the largest number for no infinity", () => {
  const largest = 3.4028234663852886e38;
  assert(isActivation("silu", Infinity, Infinity, traits));
  assert(!isActivation("silu", Infinity, largest, traits));
  assert(isActivation("silu", -Infinity, -0, traits));
  assert(!isActivation("silu", -Infinity, NaN, traits));
  assert(isActivation("gelu", largest, largest, traits));
  assert(!isActivation("gelu", largest, Infinity, traits));
  assert(isActivation("tanh", -Infinity, -1, traits));
  assert(!isActivation("mish", NaN, 0, traits));
});

Deno.test("isActivation() lets inputs, results and gates be flushed where that is claimed, and nowhere else", () => {
  const small = 2 ** -127;
  assert(isActivation("elu", small, 0, flushed));
  assert(!isActivation("elu", small, 0, traits));
  assert(isActivation("exponential", -87.5, 0, flushed));
  assert(!isActivation("exponential", -87.5, 0, traits));
  assert(!isActivation("exponential", -87.2, 0, flushed));
  // 88·2^-127 is a normal number, of a gate that is none.
  assert(isActivation("silu", -88, 0, flushed));
  assert(!isActivation("silu", -88, 0, traits));
  assert(!isActivation("silu", -85, 0, flushed));
});

Deno.test("activationBounds() of a row with NaN, Infinity, or -Infinity alone is NaN, and finite elsewhere", () => {
  const row = (...z: number[]) =>
    activationBounds("softmax", Float64Array.from(z), new Float64Array(3), 3, traits);
  for (const z of [[NaN, 0, 0], [Infinity, 0, 0], [-Infinity, -Infinity, -Infinity]]) {
    assertEquals([...row(...z).want], [NaN, NaN, NaN]);
  }
  const { want, edges } = row(0, -Infinity, 0);
  assertEquals([...want], [0.5, 0, 0.5]);
  for (let i = 0; i < 3; i++) assert(edges(i).below < 1e-5, `${i}`);
});

Deno.test("isLimit() takes the limit alone where less than one unit is declared, and the declared error elsewhere", () => {
  const below = 1 - 2 ** -24;
  for (
    const [activation, z, want] of [["sigmoid", Infinity, 1], ["tanh", -Infinity, -1]] as const
  ) {
    for (const judged of [isLimit, isActivation]) {
      const at = judged === isLimit ? want : z;
      assert(judged(activation, at, want, traits));
      assert(!judged(activation, at, want * below, traits), activation);
    }
  }
  const whole = { ...traits, activationUlp: { ...float64ActivationUlp, elu: 1 } };
  const absolute = { ...traits, activationAbsolute: { elu: 2 ** -24 } };
  for (const wider of [whole, absolute, { ...traits, rounding: "either" } as const]) {
    assert(isLimit("elu", -1, -below, wider));
  }
  // No float32 number is selu's.
  assert(isLimit("selu", -1.7580993408473766, Math.fround(-1.7580993408473766), traits));
  assert(isLimit("silu", Infinity, Infinity, traits) && !isLimit("silu", Infinity, 1e38, traits));
  assert(isLimit("mish", NaN, NaN, traits) && !isLimit("mish", NaN, 0, traits));
});

Deno.test("activationBounds() lets a flushed input give what 0 does, and no other", () => {
  const below = (z: number, claims: typeof traits) =>
    activationBounds("selu", Float64Array.of(z), new Float64Array(1), 1, claims).edges(0).below;
  const [small, normal] = [0.99 * 2 ** -126, 2 * 2 ** -126];
  const scale = 1.0507009873554805;
  assert(below(small, flushed) >= scale * small);
  assert(below(small, traits) < scale * small && below(normal, flushed) < scale * normal);
});
