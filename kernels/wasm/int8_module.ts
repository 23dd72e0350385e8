/**
 * The modules of int8 products: the quantization of rows of x, and a register
 * tile of one or two rows and 24 columns over all of k, whose exact sums are
 * divided by both multipliers, in float32 as Keras does it.
 *
 * @module
 */
import { range } from "../range.ts";
import { type Local, type MemoryImport, ModuleBuilder, whileTrue } from "./assembler.ts";
import type { Statement, V128 } from "./encoding.ts";
import { f32, f32x4, i32, i32x4, v128 } from "./instructions.ts";
import { groupLength, panelVectors } from "./int8_layout.ts";
import type { Int8Method } from "./int8_probe.ts";

/** Four numbers by the multiplier, as whole numbers. */
function wholeNumbers(from: Local<"i32">, scale: Local<"v128">, offset: number): V128 {
  return i32x4.truncate(f32x4.nearest(f32x4.mul(v128.load(from, offset), scale)));
}

/** Sixteen numbers of x, quantized and stored. */
function storeSixteen(
  method: Int8Method,
  from: Local<"i32">,
  scale: Local<"v128">,
  to: Local<"i32">,
): Statement[] {
  const eight = (i: number) =>
    i32x4.narrow(wholeNumbers(from, scale, 32 * i), wholeNumbers(from, scale, 32 * i + 16));
  if (method === "int16") return [v128.store(to, eight(0)), v128.store(to, eight(1), 16)];
  const bytes = i32x4.narrow16(eight(0), eight(1));
  // Raised by 128.
  const top = 0x80808080 | 0;
  return [v128.store(to, method === "unsigned" ? v128.xor(bytes, i32x4.const(top)) : bytes)];
}

/** quantize(x, rows, k, to, stride, scales): see {@linkcode Int8Exports}. */
function addQuantize(module: ModuleBuilder, method: Int8Method): void {
  module.func("quantize", {
    x: "i32",
    rows: "i32",
    k: "i32",
    to: "i32",
    stride: "i32",
    scales: "i32",
  }, ({ x, rows, k, to, stride, scales }, scope) => {
    const [at, left, target] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const [largest, scale] = [scope.local("v128"), scope.local("v128")];
    const present = i32x4.greaterSigned(i32x4.splat(left), i32x4.lanes(0, 1, 2, 3));
    const start = [at.set(x), left.set(k)];
    return [whileTrue(rows, [
      ...start,
      largest.set(f32x4.const(0)),
      whileTrue(i32.greaterSigned(left, 0), [
        largest.set(f32x4.max(largest, v128.and(f32x4.abs(v128.load(at)), present))),
        at.set(i32.add(at, 16)),
        left.set(i32.sub(left, 4)),
      ]),
      largest.set(f32x4.max(largest, i32x4.shuffle(largest, largest, 2, 3, 0, 1))),
      largest.set(f32x4.max(largest, i32x4.shuffle(largest, largest, 1, 0, 3, 2))),
      scale.set(f32x4.div(f32x4.const(127), f32x4.add(largest, f32x4.const(1e-7)))),
      f32.store(scales, f32x4.extract(scale, 0)),
      ...start,
      target.set(to),
      whileTrue(i32.greaterSigned(left, 0), [
        ...storeSixteen(method, at, scale, target),
        at.set(i32.add(at, 64)),
        target.set(i32.add(target, method === "int16" ? 32 : 16)),
        left.set(i32.sub(left, 16)),
      ]),
      x.set(i32.add(x, i32.shiftLeft(k, 2))),
      to.set(i32.add(to, stride)),
      scales.set(i32.add(scales, 4)),
      rows.set(i32.sub(rows, 1)),
    ])];
  });
}

/** Four groups of k are unrolled: a vector of x. */
const unrolled = 4;

/** tile1(…), tile2(…): see {@linkcode Int8Exports}. */
function addTile(module: ModuleBuilder, method: Int8Method, rows: 1 | 2): void {
  const bytesOfVector = 4 * groupLength(method);
  module.func(`tile${rows}`, {
    x: "i32",
    stride: "i32",
    weight: "i32",
    groups: "i32",
    scalesOfX: "i32",
    scales: "i32",
    starts: "i32",
    to: "i32",
    strideTo: "i32",
  }, (given, scope) => {
    const { x, stride, weight, groups, scalesOfX, scales, starts, to, strideTo } = given;
    const sums = range(rows).map(() => range(panelVectors).map(() => scope.local("v128")));
    const inputs = range(rows).map(() => scope.local("v128"));
    const pointers = [x, ...range(rows - 1).map(() => scope.local("i32"))];
    const targets = [to, ...range(rows - 1).map(() => scope.local("i32"))];
    const factor = scope.local("v128");
    const dot = (sum: Local<"v128">, w: V128, input: V128): V128 =>
      method === "int16" ? i32x4.add(sum, i32x4.dot16(w, input)) : i32x4.relaxedDot8(w, input, sum);
    const loadWeight = method === "int16" ? v128.load8x8Signed : v128.load;
    const w = scope.local("v128");
    const step = (group: number): Statement[] => [
      ...inputs.map((input, r) => input.set(v128.load32Splat(pointers[r]!, 4 * group))),
      ...range(panelVectors).flatMap((v) => [
        w.set(loadWeight(weight, bytesOfVector * (group * panelVectors + v))),
        ...sums.map((own, r) => own[v]!.set(dot(own[v]!, w, inputs[r]!))),
      ]),
    ];
    return [
      ...pointers.slice(1).map((pointer) => pointer.set(i32.add(x, stride))),
      ...targets.slice(1).map((target) => target.set(i32.add(to, strideTo))),
      ...sums.flatMap((own) => own.map((sum, v) => sum.set(v128.load(starts, 16 * v)))),
      whileTrue(groups, [
        ...range(unrolled).flatMap(step),
        ...pointers.map((pointer) => pointer.set(i32.add(pointer, 4 * unrolled))),
        weight.set(i32.add(weight, unrolled * panelVectors * bytesOfVector)),
        groups.set(i32.sub(groups, unrolled)),
      ]),
      ...sums.flatMap((own, r) => [
        factor.set(v128.load32Splat(scalesOfX, 4 * r)),
        ...own.map((sum, v) =>
          v128.store(
            targets[r]!,
            f32x4.div(f32x4.fromInt(sum), f32x4.mul(factor, v128.load(scales, 16 * v))),
            16 * v,
          )
        ),
      ]),
    ];
  });
}

/** The module of int8 products by a method, see {@linkcode Int8Exports}. */
export function int8Module(method: Int8Method, memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  addQuantize(module, method);
  addTile(module, method, 1);
  addTile(module, method, 2);
  return module.bytes();
}

type Tile = (
  x: number,
  stride: number,
  weight: number,
  groups: number,
  scalesOfX: number,
  scales: number,
  starts: number,
  to: number,
  strideTo: number,
) => void;

/** What an instance of {@linkcode int8Module} exports. Strides are in bytes. */
export interface Int8Exports {
  /** Rows of k numbers, 16 at a time, with the multiplier of each. */
  quantize(
    x: number,
    rows: number,
    k: number,
    to: number,
    stride: number,
    scales: number,
  ): void;
  /** A row of quantized x with a panel of the weight, divided by the multipliers; `groups` is a multiple of 4. */
  readonly tile1: Tile;
  /** Two rows. */
  readonly tile2: Tile;
}
