/**
 * The instructions that the kernels use, as typed functions of their operands:
 * WebAssembly 3.0, §5.4, with SIMD, relaxed SIMD and bulk memory.
 *
 * @module
 */
import {
  type Code,
  type F32,
  type I32,
  int,
  type Statement,
  statement,
  unsigned,
  type V128,
  type Value,
  value,
} from "./encoding.ts";

/** The alignment hint of a memory instruction, for which 0 is always right, and its offset. */
function at(offset: number): Code {
  return [0, unsigned(offset)];
}

const binaryInt = (op: number) => (a: I32, b: I32): Value<"i32"> =>
  value("i32", [int(a), int(b), op]);

/** The instructions on i32; comparisons give 1 or 0. */
export const i32 = {
  const: (constant: number): Value<"i32"> => value("i32", int(constant)),
  eq: binaryInt(0x46),
  less: binaryInt(0x49),
  greaterSigned: binaryInt(0x4a),
  greater: binaryInt(0x4b),
  lessOrEqual: binaryInt(0x4d),
  greaterOrEqual: binaryInt(0x4f),
  add: binaryInt(0x6a),
  sub: binaryInt(0x6b),
  mul: binaryInt(0x6c),
  and: binaryInt(0x71),
  or: binaryInt(0x72),
  shiftLeft: binaryInt(0x74),
  shiftRight: binaryInt(0x76),
  load: (address: I32, offset = 0): Value<"i32"> => value("i32", [int(address), 0x28, at(offset)]),
  store: (address: I32, a: I32, offset = 0): Statement =>
    statement([int(address), int(a), 0x36, at(offset)]),
  /** a where the condition is not 0, else b. */
  select: (condition: I32, a: I32, b: I32): Value<"i32"> =>
    value("i32", [int(a), int(b), int(condition), 0x1b]),
};

/** The instructions on f32. */
export const f32 = {
  add: (a: F32, b: F32): F32 => value("f32", [a.code, b.code, 0x92]),
  mul: (a: F32, b: F32): F32 => value("f32", [a.code, b.code, 0x94]),
  load: (address: I32, offset = 0): F32 => value("f32", [int(address), 0x2a, at(offset)]),
  store: (address: I32, a: F32, offset = 0): Statement =>
    statement([int(address), a.code, 0x38, at(offset)]),
};

function floatBytes(constant: number): number[] {
  return [...new Uint8Array(new Float32Array([constant]).buffer)];
}

/** The prefix and number of a vector instruction. */
function vectorOp(op: number): Code {
  return vectorOps[op] ??= [0xfd, ...unsigned(op)];
}

const vectorOps: Code[] = [];

const unary = (op: number) => (a: V128): V128 => value("v128", [a.code, vectorOp(op)]);
const binary = (op: number) => (a: V128, b: V128): V128 =>
  value("v128", [a.code, b.code, vectorOp(op)]);
const ternary = (op: number) => (a: V128, b: V128, c: V128): V128 =>
  value("v128", [a.code, b.code, c.code, vectorOp(op)]);
const shift = (op: number) => (a: V128, by: I32): V128 =>
  value("v128", [a.code, int(by), vectorOp(op)]);
const load = (op: number) => (address: I32, offset = 0): V128 =>
  value("v128", [int(address), vectorOp(op), at(offset)]);
const storeLane = (op: number) => (address: I32, a: V128, lane: number, offset = 0): Statement =>
  statement([int(address), a.code, vectorOp(op), at(offset), lane]);

/** The instructions on 128 bits of any type. */
export const v128 = {
  load: load(0),
  /** Eight bytes, each widened with its sign to 16 bits. */
  load8x8Signed: load(1),
  load32Splat: load(9),
  load64Splat: load(10),
  /** Four bytes from memory, zeros above them. */
  load32Zero: load(92),
  store: (address: I32, a: V128, offset = 0): Statement =>
    statement([int(address), a.code, vectorOp(11), at(offset)]),
  store32Lane: storeLane(90),
  store64Lane: storeLane(91),
  and: binary(78),
  /** a and not b. */
  andNot: binary(79),
  or: binary(80),
  xor: binary(81),
  /** The bits of a where those of the mask are 1, else those of b. */
  select: (mask: V128, a: V128, b: V128): V128 => ternary(82)(a, b, mask),
};

/** The instructions on four whole numbers of 32 bits. */
export const i32x4 = {
  const: (constant: number): V128 => {
    const lane = [constant, constant >> 8, constant >> 16, constant >> 24].map((b) => b & 0xff);
    return value("v128", [vectorOp(12), ...lane, ...lane, ...lane, ...lane]);
  },
  /** Four constants. */
  lanes: (...constants: readonly [number, number, number, number]): V128 =>
    value("v128", [vectorOp(12), ...new Uint8Array(new Int32Array(constants).buffer)]),
  splat: (a: I32): V128 => value("v128", [int(a), vectorOp(17)]),
  /** Any four lanes of a (0 to 3) and b (4 to 7). */
  shuffle: (a: V128, b: V128, ...lanes: readonly [number, number, number, number]): V128 =>
    value("v128", [
      a.code,
      b.code,
      vectorOp(13),
      ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
    ]),
  greaterSigned: binary(59),
  add: binary(174),
  sub: binary(177),
  /** The products of neighbouring pairs of 16-bit numbers, each pair's sum. */
  dot16: binary(186),
  /**
   * To each number the sum of four products of bytes, signed in a; in b below 128, and above that
   * signed, unsigned or with saturation, as the machine does it (relaxed SIMD).
   */
  relaxedDot8: ternary(0x113),
  /** Eight 32-bit numbers as 16-bit ones, the nearest where they are out of range. */
  narrow: binary(133),
  /** Sixteen 16-bit numbers as bytes, likewise. */
  narrow16: binary(101),
  /** Rounded towards zero; NaN becomes 0, and what is out of range the nearest number in it. */
  truncate: unary(248),
};

/** The instructions on four float32 numbers. */
export const f32x4 = {
  const: (constant: number): V128 => {
    const lane = floatBytes(constant);
    return value("v128", [vectorOp(12), ...lane, ...lane, ...lane, ...lane]);
  },
  extract: (a: V128, lane: number): F32 => value("f32", [a.code, vectorOp(31), lane]),
  equal: binary(65),
  notEqual: binary(66),
  less: binary(67),
  greater: binary(68),
  lessOrEqual: binary(69),
  greaterOrEqual: binary(70),
  floor: unary(104),
  /** To the nearest whole number, ties to even. */
  nearest: unary(106),
  abs: unary(224),
  neg: unary(225),
  sqrt: unary(227),
  add: binary(228),
  sub: binary(229),
  mul: binary(230),
  div: binary(231),
  /** NaN where either is. */
  min: binary(232),
  max: binary(233),
  /** b < a ? b : a */
  pmin: binary(234),
  /** a < b ? b : a */
  pmax: binary(235),
  fromInt: unary(250),
  /** Two float64 as float32, and zeros above them. */
  demoteZero: unary(94),
  /** a·b + c, rounded once or twice, as the machine does it (relaxed SIMD). */
  relaxedMadd: ternary(0x105),
};

/** The instructions on two float64 numbers. */
export const f64x2 = {
  const: (constant: number): V128 => {
    const lane = [...new Uint8Array(new Float64Array([constant]).buffer)];
    return value("v128", [vectorOp(12), ...lane, ...lane]);
  },
  /** The first two of four float32 as float64. */
  promoteLow: unary(95),
  equal: binary(71),
  notEqual: binary(72),
  less: binary(73),
  greater: binary(74),
  lessOrEqual: binary(75),
  floor: unary(117),
  /** To the nearest whole number, ties to even. */
  nearest: unary(148),
  abs: unary(236),
  neg: unary(237),
  sqrt: unary(239),
  add: binary(240),
  sub: binary(241),
  mul: binary(242),
  div: binary(243),
  /** NaN where either is. */
  min: binary(244),
  max: binary(245),
  /** a·b + c, rounded once or twice, as the machine does it (relaxed SIMD). */
  relaxedMadd: ternary(0x107),
  /** The bits of each number, shifted as a whole number. */
  shiftLeft: shift(203),
};

/** The instructions on two whole numbers of 64 bits. */
export const i64x2 = {
  const: (constant: bigint): V128 => {
    const lane = [...new Uint8Array(new BigInt64Array([constant]).buffer)];
    return value("v128", [vectorOp(12), ...lane, ...lane]);
  },
  /** Zeros come in from the left. */
  shiftRight: shift(205),
  add: binary(206),
};

/** memory.copy: copies `bytes` bytes; source and target may overlap. */
export function copyMemory(to: I32, from: I32, bytes: I32): Statement {
  return statement([int(to), int(from), int(bytes), 0xfc, 10, 0, 0]);
}

/** memory.fill: writes `bytes` zeros. */
export function clearMemory(to: I32, bytes: I32): Statement {
  return statement([int(to), int(0), int(bytes), 0xfc, 11, 0]);
}
