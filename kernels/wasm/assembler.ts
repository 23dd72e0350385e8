/**
 * A small WebAssembly assembler: typed expressions go in, the bytes of a module
 * come out. An expression is the bytes that leave one value on the stack, so a
 * function is written as it is read, and TypeScript refuses operands of the
 * wrong type. Encoding: WebAssembly 3.0, §5 (binary format), with the SIMD,
 * relaxed SIMD and threads instructions that the kernels use.
 *
 * @module
 */

/** The types of values there are here. */
export type ValueType = "i32" | "f32" | "v128";

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** Bytes that leave one value of type T on the stack. */
export interface Value<T extends ValueType> {
  readonly type: T;
  readonly code: readonly number[];
}

/** Bytes that leave the stack as they found it. */
export interface Statement {
  readonly type: "statement";
  readonly code: readonly number[];
}

/** An i32, or a whole number that stands for a constant. */
export type I32 = Value<"i32"> | number;
export type F32 = Value<"f32">;
export type V128 = Value<"v128">;

/** A whole number >= 0 in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low + 128 : low);
  } while (value > 0);
  return bytes;
}

/** A 32-bit whole number in signed LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (value |= 0;; value >>= 7) {
    const low = value & 0x7f;
    if ((value === low && low < 64) || (value >> 6) === -1) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

function value<T extends ValueType>(type: T, code: readonly number[]): Value<T> {
  return { type, code };
}

function statement(code: readonly number[]): Statement {
  return { type: "statement", code };
}

/** A constant i32; addresses above 2^31 wrap, as i32 has no sign of its own. */
function int(operand: I32): readonly number[] {
  return typeof operand === "number" ? [0x41, ...signed(operand)] : operand.code;
}

/** The offset of a memory instruction; 0 for the alignment hint is always right. */
function at(offset: number): number[] {
  return [0, ...unsigned(offset)];
}

const unaryInt = (op: number) => (a: I32): Value<"i32"> => value("i32", [...int(a), op]);
const binaryInt = (op: number) => (a: I32, b: I32): Value<"i32"> =>
  value("i32", [...int(a), ...int(b), op]);

/** The instructions on i32; comparisons give 1 or 0. */
export const i32 = {
  const: (constant: number): Value<"i32"> => value("i32", int(constant)),
  eqz: unaryInt(0x45),
  eq: binaryInt(0x46),
  lessSigned: binaryInt(0x48),
  less: binaryInt(0x49),
  greaterSigned: binaryInt(0x4a),
  greater: binaryInt(0x4b),
  lessOrEqual: binaryInt(0x4d),
  greaterOrEqual: binaryInt(0x4f),
  add: binaryInt(0x6a),
  sub: binaryInt(0x6b),
  mul: binaryInt(0x6c),
  and: binaryInt(0x71),
  shiftLeft: binaryInt(0x74),
  shiftRight: binaryInt(0x76),
  load: (address: I32, offset = 0): Value<"i32"> =>
    value("i32", [...int(address), 0x28, ...at(offset)]),
  store: (address: I32, a: I32, offset = 0): Statement =>
    statement([...int(address), ...int(a), 0x36, ...at(offset)]),
  /** a where the condition is not 0, else b. */
  select: (condition: I32, a: I32, b: I32): Value<"i32"> =>
    value("i32", [...int(a), ...int(b), ...int(condition), 0x1b]),
};

/** The instructions on f32 that the kernels need: constants and memory. */
export const f32 = {
  const: (constant: number): F32 => value("f32", [0x43, ...floatBytes(constant)]),
  load: (address: I32, offset = 0): F32 => value("f32", [...int(address), 0x2a, ...at(offset)]),
  store: (address: I32, a: F32, offset = 0): Statement =>
    statement([...int(address), ...a.code, 0x38, ...at(offset)]),
};

function floatBytes(constant: number): number[] {
  return [...new Uint8Array(new Float32Array([constant]).buffer)];
}

/** A vector instruction: its prefix and its number. */
function vectorOp(op: number): number[] {
  return [0xfd, ...unsigned(op)];
}

const unary = (op: number) => (a: V128): V128 => value("v128", [...a.code, ...vectorOp(op)]);
const binary = (op: number) => (a: V128, b: V128): V128 =>
  value("v128", [...a.code, ...b.code, ...vectorOp(op)]);
const ternary = (op: number) => (a: V128, b: V128, c: V128): V128 =>
  value("v128", [...a.code, ...b.code, ...c.code, ...vectorOp(op)]);
const shift = (op: number) => (a: V128, by: I32): V128 =>
  value("v128", [...a.code, ...int(by), ...vectorOp(op)]);
const load = (op: number) => (address: I32, offset = 0): V128 =>
  value("v128", [...int(address), ...vectorOp(op), ...at(offset)]);
const loadLane = (op: number) => (a: V128, lane: number, address: I32, offset = 0): V128 =>
  value("v128", [...int(address), ...a.code, ...vectorOp(op), ...at(offset), lane]);
const storeLane = (op: number) => (address: I32, a: V128, lane: number, offset = 0): Statement =>
  statement([...int(address), ...a.code, ...vectorOp(op), ...at(offset), lane]);

/** The instructions on 128 bits, whatever they hold. */
export const v128 = {
  load: load(0),
  load32Splat: load(9),
  /** Four bytes from memory, zeros above them. */
  load32Zero: load(92),
  load64Zero: load(93),
  load32Lane: loadLane(86),
  store: (address: I32, a: V128, offset = 0): Statement =>
    statement([...int(address), ...a.code, ...vectorOp(11), ...at(offset)]),
  store32Lane: storeLane(90),
  store64Lane: storeLane(91),
  not: unary(77),
  and: binary(78),
  /** a and not b. */
  andNot: binary(79),
  or: binary(80),
  xor: binary(81),
  /** The bits of a where the mask's are 1, else those of b. */
  select: (mask: V128, a: V128, b: V128): V128 => ternary(82)(a, b, mask),
  anyTrue: (a: V128): Value<"i32"> => value("i32", [...a.code, ...vectorOp(83)]),
};

/** The instructions on four whole numbers of 32 bits. */
export const i32x4 = {
  const: (constant: number): V128 => {
    const lane = [constant, constant >> 8, constant >> 16, constant >> 24].map((b) => b & 0xff);
    return value("v128", [...vectorOp(12), ...lane, ...lane, ...lane, ...lane]);
  },
  splat: (a: I32): V128 => value("v128", [...int(a), ...vectorOp(17)]),
  /** Any four lanes of a (0 to 3) and b (4 to 7). */
  shuffle: (a: V128, b: V128, ...lanes: readonly [number, number, number, number]): V128 =>
    value("v128", [
      ...a.code,
      ...b.code,
      ...vectorOp(13),
      ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
    ]),
  equal: binary(55),
  greaterSigned: binary(59),
  shiftLeft: shift(171),
  shiftRightSigned: shift(172),
  shiftRight: shift(173),
  add: binary(174),
  sub: binary(177),
  /** Rounded towards zero; NaN gives 0, what is too large the nearest there is. */
  truncate: unary(248),
};

/** The instructions on four float32 numbers. */
export const f32x4 = {
  const: (constant: number): V128 => {
    const lane = floatBytes(constant);
    return value("v128", [...vectorOp(12), ...lane, ...lane, ...lane, ...lane]);
  },
  splat: (a: F32): V128 => value("v128", [...a.code, ...vectorOp(19)]),
  extract: (a: V128, lane: number): F32 => value("f32", [...a.code, ...vectorOp(31), lane]),
  equal: binary(65),
  notEqual: binary(66),
  less: binary(67),
  greater: binary(68),
  lessOrEqual: binary(69),
  greaterOrEqual: binary(70),
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
  /** a·b + c, rounded once or twice as the machine likes (relaxed SIMD). */
  relaxedMadd: ternary(0x105),
};

/** A parameter or variable of a function: a value to read, and to set. */
export class Local<T extends ValueType> implements Value<T> {
  readonly code: readonly number[];
  readonly #index: number[];

  constructor(readonly type: T, index: number) {
    this.#index = unsigned(index);
    this.code = [0x20, ...this.#index];
  }

  set(a: T extends "i32" ? I32 : Value<T>): Statement {
    return statement([...codeOf(a), 0x21, ...this.#index]);
  }

  /** Sets, and is the value that was set. */
  tee(a: T extends "i32" ? I32 : Value<T>): Value<T> {
    return value(this.type, [...codeOf(a), 0x22, ...this.#index]);
  }
}

function codeOf(a: I32 | Value<ValueType>): readonly number[] {
  return typeof a === "number" ? int(a) : a.code;
}

/** Statements in order, as one. */
export function sequence(statements: readonly Statement[]): Statement {
  return statement(statements.flatMap(({ code }) => code));
}

/** The statements where the condition is not 0, else the others. */
export function when(
  condition: I32,
  then: readonly Statement[],
  otherwise: readonly Statement[] = [],
): Statement {
  const rest = otherwise.length > 0 ? [0x05, ...sequence(otherwise).code] : [];
  return statement([...int(condition), 0x04, 0x40, ...sequence(then).code, ...rest, 0x0b]);
}

/** The statements again and again, for as long as the condition after them is not 0. */
export function repeatWhile(statements: readonly Statement[], condition: I32): Statement {
  return statement([
    ...[0x03, 0x40],
    ...sequence(statements).code,
    ...int(condition),
    ...[0x0d, 0, 0x0b],
  ]);
}

/** The statements for as long as the condition before them is not 0, perhaps never. */
export function whileTrue(condition: I32, statements: readonly Statement[]): Statement {
  return when(condition, [repeatWhile(statements, condition)]);
}

/** memory.copy: `bytes` from one place to another; they may overlap. */
export function copyMemory(to: I32, from: I32, bytes: I32): Statement {
  return statement([...int(to), ...int(from), ...int(bytes), 0xfc, 10, 0, 0]);
}

/** memory.fill: `bytes` zeros. */
export function clearMemory(to: I32, bytes: I32): Statement {
  return statement([...int(to), ...int(0), ...int(bytes), 0xfc, 11, 0]);
}

/** Names and types of a function's parameters, in order. */
export type Signature = Readonly<Record<string, ValueType>>;

type Parameters<S extends Signature> = { readonly [name in keyof S]: Local<S[name]> };

/** What a function's body is written with. */
export interface Scope {
  /** A new variable, zero at first. */
  local<T extends ValueType>(type: T): Local<T>;
}

/** A function of the module, to call from others of it. */
export interface Func<S extends Signature> {
  call(
    parameters: { readonly [name in keyof S]: S[name] extends "i32" ? I32 : Value<S[name]> },
  ): Statement;
}

/** The memory that a module imports as `env.memory`; sizes in pages of 64 KiB. */
export interface MemoryImport {
  /** Constant addresses below this need no bounds check. */
  readonly minimum: number;
  readonly maximum: number;
  readonly shared: boolean;
}

interface Definition {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: readonly number[];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)];
  return [...unsigned(bytes.length), ...bytes];
}

/**
 * A module of functions over one imported memory. Every function is exported
 * under its name and returns nothing: results go to memory.
 */
export class ModuleBuilder {
  readonly #functions: Definition[] = [];

  constructor(readonly memory: MemoryImport) {}

  /** Adds a function, whose body is made from its parameters and variables. */
  func<S extends Signature>(
    name: string,
    signature: S,
    body: (parameters: Parameters<S>, scope: Scope) => readonly Statement[],
  ): Func<S> {
    const names = Object.keys(signature);
    const parameters = names.map((key) => signature[key]!);
    const locals: ValueType[] = [];
    const own = Object.fromEntries(names.map((key, i) => [key, new Local(signature[key]!, i)]));
    const scope: Scope = {
      local: (type) => new Local(type, names.length + locals.push(type) - 1),
    };
    const { code } = sequence(body(own as Parameters<S>, scope));
    const index = this.#functions.push({ name, parameters, locals, body: code }) - 1;
    return {
      call: (given) =>
        statement([...names.flatMap((key) => codeOf(given[key]!)), 0x10, ...unsigned(index)]),
    };
  }

  /** The module's bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    const { minimum, maximum, shared } = this.memory;
    const limits = [shared ? 3 : 1, ...unsigned(minimum), ...unsigned(maximum)];
    const types = this.#functions.map(({ parameters }) => [
      0x60,
      ...list(parameters.map((type) => [typeCodes[type]])),
      0,
    ]);
    const codes = this.#functions.map(({ locals, body }) => {
      const content = [...list(locals.map((type) => [1, typeCodes[type]])), ...body, 0x0b];
      return [...unsigned(content.length), ...content];
    });
    return new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, list(types)),
      ...section(2, list([[...text("env"), ...text("memory"), 2, ...limits]])),
      ...section(3, list(this.#functions.map((_, i) => unsigned(i)))),
      ...section(7, list(this.#functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
      ...section(10, list(codes)),
    ]);
  }
}
