/**
 * Which kernel a program gets that asks for none by name: the first of an order
 * that can be made here without a question to the user, and for each before it
 * the reason why not. Nothing is timed: the order is that of every measurement
 * of large products so far.
 *
 * @module
 */
import { ArgumentError, KernelUnavailableError } from "../common/errors.ts";
import type { Kernel, KernelFactory, KernelOptions } from "./kernel.ts";
import { dispose, reasonOf } from "./trial.ts";

/** Which kernel was taken by `createKernel()`, and why. */
export interface KernelChoice {
  /** The name of the kernel that was taken. */
  readonly name: string;
  /** Why it was taken, in one line. */
  readonly reason: string;
  /** The faster kernels that were passed over, from the fastest on, each with the reason. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/** A kernel that was chosen rather than asked for by name. */
export interface ChosenKernel extends Kernel {
  /** Which it is, and why. */
  readonly choice: KernelChoice;
}

/** How each kernel is loaded, by its name. */
type Registry = Readonly<Record<string, () => Promise<{ readonly factory: KernelFactory }>>>;

/** A driver that takes longer than that, in milliseconds, is passed over. */
const limit = 20_000;

/** What `create` makes; an error where that takes too long, and then it is disposed of once it comes. */
async function withinLimit(create: () => Promise<Kernel>): Promise<Kernel> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let late = false;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new KernelUnavailableError(`it was not ready within ${limit / 1e3} s`));
    }, limit);
  });
  const made = create();
  made.then((kernel) => {
    if (late) void dispose(kernel);
  }, () => {});
  try {
    return await Promise.race([made, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why a kernel was passed over; its name, which messages may begin with, is said anyway. */
function reasonFor(name: string, error: unknown): string {
  const text = reasonOf(error);
  return text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;
}

/**
 * Makes the first kernel that is available.
 *
 * @param names From the fastest to the slowest.
 * @throws {KernelUnavailableError} where there is none, with all reasons.
 * @throws {ArgumentError} where an option is wrong, which no other kernel makes right.
 */
export async function chooseKernel(
  names: readonly string[],
  registry: Registry,
  options: KernelOptions,
): Promise<ChosenKernel> {
  const passedOver: { name: string; reason: string }[] = [];
  const reasons = () => passedOver.map(({ name, reason }) => `not ${name}: ${reason}`).join("; ");
  for (const name of names) {
    try {
      const kernel = await withinLimit(async () => {
        const { factory } = await registry[name]!();
        return await (factory.createByDefault ?? factory.create)(options);
      });
      const reason = passedOver.length === 0
        ? "the fastest kernel there is"
        : `the fastest kernel available here; ${reasons()}`;
      const choice: KernelChoice = Object.freeze({ name, reason, passedOver });
      Object.defineProperty(kernel, "choice", { value: choice, enumerable: true });
      return kernel as ChosenKernel;
    } catch (error) {
      if (error instanceof ArgumentError) throw error;
      passedOver.push({ name, reason: reasonFor(name, error) });
    }
  }
  throw new KernelUnavailableError(`no kernel is available here; ${reasons()}`);
}
