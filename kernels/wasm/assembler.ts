/**
 * A small WebAssembly assembler: typed expressions and statements go in (see
 * `encoding.ts` and `instructions.ts`), the bytes of a module come out.
 * Encoding: WebAssembly 3.0, §5.5.
 *
 * @module
 */
import {
  type Code,
  type I32,
  int,
  sizeOfCode,
  type Statement,
  statement,
  typeCodes,
  unsigned,
  type Value,
  value,
  type ValueType,
  writeCode,
} from "./encoding.ts";

/** A parameter or variable of a function, to be read and set. */
export class Local<T extends ValueType> implements Value<T> {
  readonly code: Code;
  readonly #index: Code;

  constructor(readonly type: T, index: number) {
    this.#index = unsigned(index);
    this.code = [0x20, this.#index];
  }

  set(a: T extends "i32" ? I32 : Value<T>): Statement {
    return statement([codeOf(a), 0x21, this.#index]);
  }

  /** Sets the variable, and is the value that was set. */
  tee(a: T extends "i32" ? I32 : Value<T>): Value<T> {
    return value(this.type, [codeOf(a), 0x22, this.#index]);
  }
}

function codeOf(a: I32 | Value<ValueType>): Code {
  return typeof a === "number" ? int(a) : a.code;
}

/** Statements in order, as one statement. */
export function sequence(statements: readonly Statement[]): Statement {
  return statement(statements.map(({ code }) => code));
}

/** The first statements where the condition is not 0, else the others. */
export function when(
  condition: I32,
  then: readonly Statement[],
  otherwise: readonly Statement[] = [],
): Statement {
  const rest = otherwise.length > 0 ? [0x05, sequence(otherwise).code] : [];
  return statement([int(condition), 0x04, 0x40, sequence(then).code, rest, 0x0b]);
}

/** A loop that tests its condition after each pass: it ends where that is 0. */
export function repeatWhile(statements: readonly Statement[], condition: I32): Statement {
  return statement([0x03, 0x40, sequence(statements).code, int(condition), 0x0d, 0, 0x0b]);
}

/** A loop that tests its condition before each pass: it ends where that is 0. */
export function whileTrue(condition: I32, statements: readonly Statement[]): Statement {
  return when(condition, [repeatWhile(statements, condition)]);
}

/** The names and types of the parameters of a function, in order. */
export type ParameterTypes = Readonly<Record<string, ValueType>>;

type ParameterLocals<S extends ParameterTypes> = { readonly [name in keyof S]: Local<S[name]> };

/** Where the body of a function gets its variables. */
export interface Scope {
  /** A new variable, zero at first. */
  local<T extends ValueType>(type: T): Local<T>;
}

/** A function that those after it in the module can call. */
export interface CallableFunction<S extends ParameterTypes> {
  call(
    parameters: { readonly [name in keyof S]: S[name] extends "i32" ? I32 : Value<S[name]> },
  ): Statement;
}

/** Functions of one type in the table, to be called by their numbers. */
export interface IndirectFunction<S extends ParameterTypes> {
  call(
    index: I32,
    parameters: { readonly [name in keyof S]: S[name] extends "i32" ? I32 : Value<S[name]> },
  ): Statement;
}

/** The memory that a module imports as `env.memory`; sizes are in pages of 64 KiB. */
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
  readonly body: Code;
}

function section(id: number, content: Code): Code {
  return [id, unsigned(sizeOfCode(content)), content];
}

function list(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [unsigned(bytes.length), bytes];
}

/**
 * A module of functions over one imported memory, and a table where functions are
 * called by numbers. Every function is exported under its name and returns nothing:
 * results go to memory.
 */
export class ModuleBuilder {
  readonly #functions: Definition[] = [];
  /** The parameters of the types of functions in the table. */
  readonly #indirect: (readonly ValueType[])[] = [];

  constructor(readonly memory: MemoryImport) {}

  /** Adds a function, whose body is written in terms of its parameters and variables. */
  func<S extends ParameterTypes>(
    name: string,
    types: S,
    body: (parameters: ParameterLocals<S>, scope: Scope) => readonly Statement[],
  ): CallableFunction<S> {
    const names = Object.keys(types);
    const parameters = names.map((key) => types[key]!);
    const locals: ValueType[] = [];
    const own = Object.fromEntries(names.map((key, i) => [key, new Local(types[key]!, i)]));
    const scope: Scope = {
      local: (type) => new Local(type, names.length + locals.push(type) - 1),
    };
    const { code } = sequence(body(own as ParameterLocals<S>, scope));
    const index = this.#functions.push({ name, parameters, locals, body: code }) - 1;
    return {
      call: (given) => statement([names.map((key) => codeOf(given[key]!)), 0x10, unsigned(index)]),
    };
  }

  /** A type of functions in the table that the module then imports as `env.table`. */
  indirect<S extends ParameterTypes>(types: S): IndirectFunction<S> {
    const names = Object.keys(types);
    const index = this.#indirect.push(names.map((key) => types[key]!)) - 1;
    return {
      call: (at, given) =>
        statement([
          names.map((key) => codeOf(given[key]!)),
          codeOf(at),
          0x11,
          unsigned(index),
          0,
        ]),
    };
  }

  /** The module's bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    const { minimum, maximum, shared } = this.memory;
    const limits = [shared ? 3 : 1, unsigned(minimum), unsigned(maximum)];
    const own = this.#functions.map(({ parameters }) => parameters);
    const types = [...this.#indirect, ...own].map((parameters) => [
      0x60,
      list(parameters.map((type) => [typeCodes[type]])),
      0,
    ]);
    const table = this.#indirect.length > 0 ? [[text("env"), text("table"), 1, 0x70, 0, 0]] : [];
    const codes = this.#functions.map(({ locals, body }) => {
      const content = [list(locals.map((type) => [1, typeCodes[type]])), body, 0x0b];
      return [unsigned(sizeOfCode(content)), content];
    });
    const exported = this.#functions.map(({ name }, i) => [text(name), 0, unsigned(i)]);
    const module = [
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, list(types)),
      section(2, list([[text("env"), text("memory"), 2, limits], ...table])),
      section(3, list(this.#functions.map((_, i) => unsigned(this.#indirect.length + i)))),
      section(7, list(exported)),
      section(10, list(codes)),
    ];
    const bytes = new Uint8Array(sizeOfCode(module));
    writeCode(module, bytes);
    return bytes;
  }
}
