/**
 * A kernel that a module from elsewhere exports: the kernel itself, what makes
 * one, or a mere product, with what it claims of itself.
 *
 * @module
 */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { errorLine, errorPlace, KernelUnavailableError } from "../../common/errors.ts";
import { cleanText, formatList, quote, quotePath } from "../../common/text.ts";
import type { Kernel, KernelOptions, KernelTraits } from "../../kernels/kernel.ts";
import { kernelOfProduct, type Multiply } from "../product_kernel.ts";
import { faultOfClaims, faultOfKernel, resemblesKernel } from "./kernel_traits.ts";
import { KernelModuleError, type ModulePath } from "./module_path.ts";

/** A kernel from elsewhere as plain data, to be sent to workers and processes. */
export interface ForeignKernel extends ModulePath {
  /** What it is called in tables, files and cases. */
  readonly name: string;
}

/** What a module's kernel is made of. */
export interface KernelModule {
  /** The name that the module exports, or that its export has; null where neither has one. */
  readonly name: string | null;
  /** Makes the kernel, or returns the one that there is. */
  create(options?: KernelOptions): Promise<Kernel>;
  /** Whether it makes others for other options. */
  readonly heedsOptions: boolean;
}

/** What of a name is not allowed, since cases, files and versions are named with it: `mine/order/…`, `mine@main`, `mine:2`. */
const notInNames = /[^\p{L}\p{N}_.+-]+/gu;

/** A name without what may not be in it. */
export function nameOf(text: string): string {
  return cleanText(text).replaceAll(notInNames, "-").replaceAll(/^-+|-+$/g, "");
}

/** The name of a kernel whose module gives it none: that of the export that was asked for, or of the file. */
export function usualName({ url, exported }: ModulePath): string {
  const file = basename(fileURLToPath(url)).replace(/\.[^.]*$/, "");
  return nameOf(exported ?? file) || "kernel";
}

/** Where in a module an error was thrown, in brackets, if its stack says so. */
function placeOf(error: unknown, url: string): string {
  const place = errorPlace(error, url);
  return place === null ? "" : ` (${place})`;
}

function describe(error: unknown): string {
  const kind = error instanceof Error ? `${error.name}: ` : "";
  return cleanText(`${kind}${errorLine(error)}`, 300);
}

/** Why the import of a module failed. */
function whyNotLoaded(error: unknown, { given, url }: ModulePath): string {
  const line = cleanText(errorLine(error), 300);
  const what = `cannot load ${quotePath(given)}`;
  const place = placeOf(error, url);
  if (error instanceof SyntaxError || /^SyntaxError:|could not be parsed/.test(line)) {
    return `${what}: it does not compile: ${line}${place}`;
  }
  // Of Deno's own errors these are of what the module imports.
  if (error instanceof TypeError && /^(Module not found|Import |Relative import)/.test(line)) {
    return `${what}: ${line}${place}`;
  }
  const permissions = error instanceof Deno.errors.NotCapable
    ? "; a module has the permissions of this command and no more"
    : "";
  return `${what}: it threw ${describe(error)}${place} when it was imported${permissions}`;
}

/** By which names an export is found where none is asked for and several could be meant. */
const usualExports = ["default", "factory", "kernel", "multiply"];

const takenElse = ["claims", "name"];

function isUsable(value: unknown): boolean {
  return typeof value === "function" || resemblesKernel(value) || isFactory(value) ||
    value instanceof Promise;
}

function isFactory(value: unknown): value is { create(options?: KernelOptions): unknown } {
  return typeof value === "object" && value !== null &&
    typeof (value as { readonly create?: unknown }).create === "function";
}

/** What may be exported, for messages. */
const allowed =
  "a module exports, by default or by name, a product (shape, a, b) => array, a kernel, or what makes one: { create() } or () => kernel";

/** The export that is meant, by its name. */
function choose(exports: Readonly<Record<string, unknown>>, path: ModulePath): string {
  const { given, exported } = path;
  const names = Object.keys(exports).filter((name) => !takenElse.includes(name));
  const usable = names.filter((name) => isUsable(exports[name]));
  if (exported !== null) {
    if (usable.includes(exported)) return exported;
    throw new KernelModuleError(
      `${quotePath(given)} names the export ${quote(exported)}, which is ${
        names.includes(exported) ? quote(exports[exported]) : "not there"
      }; ${usable.length > 0 ? `there are ${usable.join(", ")}` : allowed}`,
    );
  }
  const found = usualExports.find((name) => usable.includes(name)) ??
    (usable.length === 1 ? usable[0] : undefined);
  if (found !== undefined) return found;
  throw new KernelModuleError(
    usable.length > 1
      ? `${quotePath(given)} exports several: ${formatList(usable)}; say which, as in ${
        quotePath(`${given}#${usable[0]}`)
      }`
      : `${quotePath(given)} exports nothing that is a kernel (${
        names.length === 0
          ? "it has no exports"
          : names.map((name) => `${name}: ${quote(exports[name])}`).join(", ")
      }); ${allowed}`,
  );
}

/** A kernel that something made, if it is one. */
function asKernel(value: unknown, what: string, hint = ""): Kernel {
  if (!resemblesKernel(value)) {
    throw new KernelModuleError(`${what} is ${quote(value)}, no kernel; ${allowed}${hint}`);
  }
  const fault = faultOfKernel(value);
  if (fault !== null) throw new KernelModuleError(`${what} is no whole kernel: it ${fault}`);
  return value as unknown as Kernel;
}

/**
 * Imports a module and finds its kernel.
 *
 * @throws {KernelModuleError} where there is none; the message says why.
 */
export async function loadKernelModule(path: ModulePath): Promise<KernelModule> {
  const { given, url } = path;
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(url);
  } catch (error) {
    throw new KernelModuleError(whyNotLoaded(error, path));
  }
  const { claims = {}, name = null } = exports;
  const fault = faultOfClaims(claims);
  if (fault !== null) throw new KernelModuleError(`the claims of ${quotePath(given)} ${fault}`);
  if (name !== null && (typeof name !== "string" || nameOf(name) === "")) {
    throw new KernelModuleError(
      `the name that ${quotePath(given)} exports must be a text with a letter or digit; it is ${
        quote(name)
      }`,
    );
  }
  const chosen = choose(exports, path);
  const what = `the ${chosen === "default" ? "default export" : chosen} of ${quotePath(given)}`;
  const found = await (exports[chosen] as Promise<unknown>);
  const withClaims = (kernel: Kernel) => {
    if (Object.keys(claims as object).length > 0) {
      throw new KernelModuleError(
        `${quotePath(given)} exports claims, but ${what} makes its own, in its traits`,
      );
    }
    return kernel;
  };
  if (resemblesKernel(found)) {
    const kernel = withClaims(asKernel(found, what));
    return {
      name: name ?? kernel.name,
      create: () => Promise.resolve(kernel),
      heedsOptions: false,
    };
  }
  // A product takes the shape and both operands, and what makes a kernel at most options.
  if (typeof found === "function" && found.length >= 2) {
    const title = name ?? usualName(path);
    const create = () =>
      Promise.resolve(
        kernelOfProduct(nameOf(title), found as Multiply, claims as Partial<KernelTraits>),
      );
    return { name: title, create, heedsOptions: false };
  }
  // A product whose parameters are hidden in (...args) or (shape, ...rest) looks like what makes a kernel.
  const hint = typeof found === "function"
    ? `; if it is a product, it must declare at least two parameters, as (shape, a, b) does: it declares ${found.length}`
    : "";
  const make = isFactory(found)
    ? (options: KernelOptions) => found.create(options)
    : found as (options: KernelOptions) => unknown;
  if (typeof make !== "function") {
    throw new KernelModuleError(`${what} is ${quote(found)}, no kernel; ${allowed}`);
  }
  return {
    name,
    heedsOptions: true,
    create: async (options = {}) => {
      let made: unknown;
      try {
        made = await make(options);
      } catch (error) {
        // By its name, since another copy of the library has another class.
        if (error instanceof Error && error.name === KernelUnavailableError.name) {
          throw new KernelUnavailableError(error.message);
        }
        throw new KernelModuleError(
          `${what}, called to make a kernel, threw ${describe(error)}${placeOf(error, url)}${hint}`,
        );
      }
      return withClaims(asKernel(made, `what ${what} makes`, hint));
    },
  };
}
