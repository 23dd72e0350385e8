/**
 * Whether a program that asked for no kernel by name should look for a GPU. On
 * Linux that loads every driver there is, of software too: a second without a
 * result, and complaints on standard error. So it is not looked for where the
 * devices of the system show that there is none, nor where nothing may keep the
 * drivers quiet.
 *
 * @module
 */
import { KernelUnavailableError } from "../../common/errors.ts";

/** The part of Deno that is needed. */
interface DenoLike {
  readonly build?: { readonly os?: string };
  readonly permissions: {
    querySync(what: { name: "env"; variable: string } | { name: "read"; path: string }): {
      readonly state: string;
    };
  };
  readDirSync(path: string): Iterable<{ readonly name: string }>;
}

/** The device files of GPUs: of the kernel's own drivers, and those of Nvidia, WSL, Arm, Qualcomm and Imagination. */
const gpuDevice = /^(?:dri|nvidia|nvgpu|nvhost|dxg|mali|kgsl|pvr)/;
const folder = "/dev";
const variable = "XDG_RUNTIME_DIR";

/** Whether the system has a GPU's device file; null where that cannot be told without a question. */
function hasDevice({ permissions, readDirSync }: DenoLike): boolean | null {
  if (permissions.querySync({ name: "read", path: folder }).state !== "granted") return null;
  try {
    return [...readDirSync(folder)].some(({ name }) => gpuDevice.test(name));
  } catch {
    return null; // Deno shows this folder only to programs that may do everything
  }
}

/** @throws {KernelUnavailableError} where a GPU should not be looked for without having been asked for. */
export function expectGpuByDefault(
  deno = (globalThis as { readonly Deno?: DenoLike }).Deno,
): void {
  if (deno?.build?.os !== "linux") return;
  if (hasDevice(deno) === false) {
    throw new KernelUnavailableError(`there is no device file of a GPU in ${folder}`);
  }
  if (deno.permissions.querySync({ name: "env", variable }).state !== "granted") {
    throw new KernelUnavailableError(
      `to look for a GPU without complaints of its drivers takes the permission --allow-env=${variable}`,
    );
  }
}
