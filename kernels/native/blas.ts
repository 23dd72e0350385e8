/**
 * The BLAS of the system through Deno's foreign functions: which libraries there
 * may be, what each is called, and the calls that it takes. Of CBLAS sgemm is needed,
 * and sgemv used where there is one. OpenBLAS and BLIS are tested; Accelerate and
 * MKL are written by their documentation and untested.
 *
 * @module
 */
import { errorLine, KernelUnavailableError } from "../../common/errors.ts";
import { coreFor, deviceOf, hasSmallProducts, isNarrow, versionOf } from "./core_types.ts";

/** An address, as the runtime passes it. */
export type Pointer = object | null;

/** CBLAS's constants. */
export const cblas = { rowMajor: 101, untransposed: 111, transposed: 112 } as const;

/** order, transA, transB, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc. */
export type Sgemm = (
  order: number,
  transposeA: number,
  transposeB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: Pointer,
  lda: number,
  b: Pointer,
  ldb: number,
  beta: number,
  c: Pointer,
  ldc: number,
) => void;

/** `cblas_sgemv`: y = alpha·op(a)·x + beta·y. */
export type Sgemv = (
  order: number,
  transpose: number,
  rows: number,
  columns: number,
  alpha: number,
  a: Pointer,
  lda: number,
  x: Pointer,
  stepX: number,
  beta: number,
  y: Pointer,
  stepY: number,
) => void;

/** The part of Deno that is needed; absent elsewhere. */
export interface NativeRuntime {
  readonly build: { readonly os: string };
  readonly env: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    delete(name: string): void;
  };
  readonly permissions: {
    querySync(what: {
      readonly name: "ffi" | "env" | "read";
      readonly path?: string;
      readonly variable?: string;
    }): { readonly state: string };
  };
  readonly UnsafePointer: {
    create(address: bigint): Pointer;
    of(view: ArrayBufferView): Pointer;
    value(pointer: Pointer): number | bigint;
  };
  readonly UnsafePointerView: { readonly getCString: (pointer: object) => string };
  dlopen(name: string, symbols: Readonly<Record<string, object>>): OpenLibrary;
  readTextFileSync(path: string): string;
}

/** A library that is open; functions that it lacks are null. */
export interface OpenLibrary {
  readonly symbols: Readonly<Record<string, ((...args: never[]) => unknown) | null>>;
  close(): void;
}

const int = "i32";
const setThreads = { parameters: [int], result: "void", optional: true } as const;
const text = { parameters: [], result: "pointer", optional: true } as const;

const symbols = {
  cblas_sgemm: {
    // deno-fmt-ignore
    parameters: [
      int, int, int, int, int, int, "f32", "pointer", int, "pointer", int, "f32", "pointer", int,
    ],
    result: "void",
  },
  cblas_sgemv: {
    // deno-fmt-ignore
    parameters: [
      int, int, int, int, "f32", "pointer", int, "pointer", int, "f32", "pointer", int,
    ],
    result: "void",
    optional: true,
  },
  openblas_set_num_threads: setThreads,
  bli_thread_set_num_threads: { ...setThreads, parameters: ["isize"] },
  MKL_Set_Num_Threads: setThreads,
  openblas_get_config: text,
  openblas_get_corename: text,
  bli_info_get_version_str: text,
} as const;

/** Names under which OpenBLAS is found on a system. */
export function openBlasNames(os: string): readonly string[] {
  switch (os) {
    case "darwin":
      return [
        "libopenblas.dylib",
        "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
        "/usr/local/opt/openblas/lib/libopenblas.dylib",
      ];
    case "windows":
      return ["libopenblas.dll", "openblas.dll"];
    default:
      return ["libopenblas.so.0", "libopenblas.so"];
  }
}

/** Names under which libraries are found, the fastest first. */
function namesOn(os: string): readonly string[] {
  const openBlas = openBlasNames(os);
  switch (os) {
    case "darwin":
      return ["/System/Library/Frameworks/Accelerate.framework/Accelerate", ...openBlas];
    case "windows":
      return ["mkl_rt.2.dll", ...openBlas];
    default:
      return ["libmkl_rt.so.2", "libmkl_rt.so", ...openBlas, "libblis.so.4", "libblis.so"];
  }
}

/** A BLAS that is open. */
export interface Blas {
  readonly sgemm: Sgemm;
  /** Null where the library lacks it. */
  readonly sgemv: Sgemv | null;
  /** What it is: `native, 256 bit, Haswell code of OpenBLAS 0.3.21`. */
  readonly device: string;
  /** Sets how many threads compute, for all users of the library in the process; null where it has one or decides itself. */
  readonly setThreads: ((threads: number) => void) | null;
  /** Whether it runs code for vectors of at most 128 bits, as OpenBLAS does on processors that it does not know. */
  readonly isNarrow: boolean;
  /** Whether `sgemm` has code of its own for small matrices. */
  readonly hasSmallProducts: boolean;
  /** Gives it back. */
  close(): void;
}

/** The runtime's foreign functions; null where there are none. */
export function nativeRuntime(): NativeRuntime | null {
  const { Deno: deno } = globalThis as { readonly Deno?: Partial<NativeRuntime> };
  return deno?.dlopen && deno.UnsafePointer && deno.permissions ? deno as NativeRuntime : null;
}

function isGranted(
  { permissions }: NativeRuntime,
  what: Parameters<NativeRuntime["permissions"]["querySync"]>[0],
): boolean {
  return permissions.querySync(what).state === "granted";
}

/**
 * Opens the first library that there is, or the one of this name or path, and
 * never asks for a permission.
 *
 * @throws {KernelUnavailableError} where there is none, or it may not be opened, with what can be done.
 */
export function openBlas(runtime: NativeRuntime, wanted?: string): Blas {
  const candidates = wanted === undefined ? namesOn(runtime.build.os) : [wanted];
  const allowed = candidates.filter((path) =>
    isGranted(runtime, { name: "ffi" }) || isGranted(runtime, { name: "ffi", path })
  );
  if (allowed.length === 0) {
    throw new KernelUnavailableError("to call a native library takes the permission --allow-ffi");
  }
  let reason = "";
  for (const name of allowed) {
    try {
      return describe(runtime, openWithBestCode(runtime, name), name);
    } catch (error) {
      reason ||= errorLine(error);
    }
  }
  throw new KernelUnavailableError(
    wanted === undefined
      ? `there is no BLAS that it knows; install OpenBLAS (libopenblas0 of Debian and Ubuntu, openblas of Homebrew): ${reason}`
      : `the library cannot be opened: ${reason}`,
  );
}

/**
 * Variables that OpenBLAS reads when it is loaded: the kind of code, and for how
 * long idle threads wait in a busy loop before they sleep, by default 2^28 ticks,
 * in which they take the processors from everything else.
 */
const variables = { core: "OPENBLAS_CORETYPE", timeout: "OPENBLAS_THREAD_TIMEOUT" } as const;

/** Opens a library while variables that are not set have these values, where that may be: it reads them when it is loaded. */
function openWith(
  runtime: NativeRuntime,
  name: string,
  values: Readonly<Record<string, string>>,
): OpenLibrary {
  const { env } = runtime;
  const preset = Object.entries(values).filter(([variable]) =>
    isGranted(runtime, { name: "env", variable }) && !env.get(variable)
  );
  for (const [variable, value] of preset) env.set(variable, value);
  try {
    return runtime.dlopen(name, symbols);
  } finally {
    // The environment is the program's, and of the processes that it starts.
    for (const [variable] of preset) env.delete(variable);
  }
}

/**
 * Opens a library. OpenBLAS that does not know the processor is opened again
 * with the code for the newest kind whose instructions the processor has: it reads
 * the variable when it is loaded.
 */
function openWithBestCode(runtime: NativeRuntime, name: string): OpenLibrary {
  const timeout = { [variables.timeout]: "20" };
  const library = openWith(runtime, name, timeout);
  const core = textOf(runtime, library, "openblas_get_corename");
  const path = "/proc/cpuinfo";
  const mayLook = runtime.build.os === "linux" && isGranted(runtime, { name: "read", path }) &&
    isGranted(runtime, { name: "env", variable: variables.core });
  if (!isNarrow(core) || !mayLook || runtime.env.get(variables.core)) return library;
  const better = coreFor(runtime.readTextFileSync(path));
  if (better === null) return library;
  library.close();
  return openWith(runtime, name, { ...timeout, [variables.core]: better });
}

/** What a function of a library returns as text; empty where it has none. */
function textOf(
  { UnsafePointerView }: NativeRuntime,
  { symbols }: OpenLibrary,
  name: string,
): string {
  const pointer = symbols[name]?.() as Pointer | undefined;
  return pointer ? UnsafePointerView.getCString(pointer).trim() : "";
}

function describe(runtime: NativeRuntime, library: OpenLibrary, name: string): Blas {
  const { cblas_sgemm, openblas_set_num_threads, bli_thread_set_num_threads, MKL_Set_Num_Threads } =
    library.symbols;
  const core = textOf(runtime, library, "openblas_get_corename");
  const blis = textOf(runtime, library, "bli_info_get_version_str");
  const version = versionOf(textOf(runtime, library, "openblas_get_config"));
  let device = `native, ${name.split(/[\\/]/).at(-1)}`;
  if (core) {
    device = `${deviceOf(core)} of ${version}`;
  } else if (blis) device = `native, BLIS ${blis}`;
  else if (MKL_Set_Num_Threads) device = "native, MKL";
  const set = openblas_set_num_threads ?? bli_thread_set_num_threads ?? MKL_Set_Num_Threads ?? null;
  return {
    sgemm: cblas_sgemm as unknown as Sgemm,
    sgemv: (library.symbols.cblas_sgemv ?? null) as Sgemv | null,
    device,
    setThreads: set as Blas["setThreads"],
    isNarrow: isNarrow(core),
    hasSmallProducts: hasSmallProducts(core, version),
    close: () => library.close(),
  };
}
