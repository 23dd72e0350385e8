import { assertEquals } from "@std/assert";
import { nearestWhole, referenceInt8 } from "./reference.ts";

interface Fixture {
  readonly input: { readonly shape: [number, number]; readonly data: string };
  readonly output: { readonly data: string };
  readonly layers: readonly {
    readonly shape: [number, number];
    readonly kernel: string;
    readonly bias: string;
    readonly scale: string;
  }[];
}

Deno.test("referenceInt8() has the bits that Keras computed", async () => {
  const path = new URL("../../kernels/int8/fixtures/keras_int8.json", import.meta.url);
  const { input, output, layers }: Fixture = JSON.parse(await Deno.readTextFile(path));
  const bytes = (text: string) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer;
  let x = new Float32Array(bytes(input.data));
  for (const [i, { shape: [k, n], kernel, bias, scale }] of layers.entries()) {
    const { z } = referenceInt8({
      m: input.shape[0],
      n,
      k,
      x,
      values: new Int8Array(bytes(kernel)),
      scale: new Float32Array(bytes(scale)),
      bias: new Float32Array(bytes(bias)),
    });
    x = Float32Array.from(z, (value) => i === 0 ? Math.max(value, 0) : value);
  }
  assertEquals(x, new Float32Array(bytes(output.data)));
});

Deno.test("nearestWhole() rounds halves to even on both sides of 0", () => {
  const values = [-2.5, -1.5, -0.75, 0.25, 0.5, 1.5, 2.5, 126.5];
  assertEquals(values.map(nearestWhole), [-2, -2, -1, 0, 0, 2, 2, 126]);
});
