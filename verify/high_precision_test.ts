import { assert, assertEquals } from "@std/assert";
import {
  errorFunction,
  exponential,
  fixed,
  logOnePlus,
  logTwo,
  pi,
  squareRoot,
} from "./high_precision.ts";

const bits = 300n;

/** The first 50 digits after the point, rounded down. */
function digits(x: bigint): string {
  const scaled = (x * 10n ** 50n) >> bits;
  return `${scaled / 10n ** 50n}.${String(scaled % 10n ** 50n).padStart(50, "0")}`;
}

Deno.test("the constants and functions have the published digits", () => {
  const one = 1n << bits;
  const known: [bigint, string][] = [
    [pi(bits), "3.14159265358979323846264338327950288419716939937510"],
    [logTwo(bits), "0.69314718055994530941723212145817656807550013436025"],
    [squareRoot(2n * one, bits), "1.41421356237309504880168872420969807856967187537694"],
    [exponential(one, bits), "2.71828182845904523536028747135266249775724709369995"],
    [exponential(-one, bits), "0.36787944117144232159552377016146086744581113103176"],
    [logOnePlus(one, 0.6931, bits), "0.69314718055994530941723212145817656807550013436025"],
    [errorFunction(one, bits), "0.84270079294971486934122063508260925929606699796630"],
  ];
  for (const [got, want] of known) assertEquals(digits(got), want);
});

Deno.test("exponential() turns sums into products, far from 0 too", () => {
  for (const [x, y] of [[200.25, -150.5], [-80, -3.125], [1e-9, 0.3]]) {
    const sum = exponential(fixed(x!, bits) + fixed(y!, bits), bits);
    const product = (exponential(fixed(x!, bits), bits) * exponential(fixed(y!, bits), bits)) >>
      bits;
    const difference = sum > product ? sum - product : product - sum;
    // What was lost of the smaller factor is multiplied by the larger.
    const lost = exponential(fixed(Math.max(x!, y!, 0), bits), bits) >> (bits - 8n);
    assert(difference <= lost, `at ${x} and ${y}`);
  }
});

Deno.test("fixed() is exact where there is room", () => {
  assertEquals(fixed(1.5, 4n), 24n);
  assertEquals(fixed(-0.75, 2n), -3n);
  assertEquals(fixed(5e-324, 1074n), 1n);
  assertEquals(fixed(5e-324, 1080n), 64n);
  assertEquals(fixed(2 ** 60, 0n), 1n << 60n);
});
