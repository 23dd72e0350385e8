// Types of what Densemark uses of Deno's standard library, whose npm
// distribution is plain JavaScript. Written from the library's documentation;
// they go when the import map points at jsr:@std/*, which brings its own.

declare module "@std/assert" {
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): void;
  export function assertAlmostEquals(
    actual: number,
    expected: number,
    tolerance?: number,
    msg?: string,
  ): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass: new (...args: never[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass: new (...args: never[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
}

declare module "@std/csv" {
  export function stringify(
    data: readonly Readonly<Record<string, unknown>>[],
    options: {
      readonly columns: readonly string[];
      readonly headers?: boolean;
      readonly separator?: string;
    },
  ): string;
  export function parse(
    input: string,
    options: { readonly skipFirstRow: true },
  ): Record<string, string>[];
}

declare module "@std/cli/parse-args" {
  export interface Args {
    readonly _: (string | number)[];
    readonly [name: string]: unknown;
  }
  export function parseArgs(
    args: readonly string[],
    options?: {
      readonly boolean?: readonly string[];
      readonly string?: readonly string[];
      readonly collect?: readonly string[];
      readonly alias?: Readonly<Record<string, string>>;
      readonly default?: Readonly<Record<string, unknown>>;
      readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
    },
  ): Args;
}

declare module "@std/fmt/colors" {
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function red(text: string): string;
  export function green(text: string): string;
  export function yellow(text: string): string;
  export function cyan(text: string): string;
  export function stripAnsiCode(text: string): string;
}

declare module "@std/html" {
  export function escape(text: string): string;
}
