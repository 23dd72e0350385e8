/**
 * Keeps a driver quiet. To find a GPU is to ask the window system's library too,
 * and without XDG_RUNTIME_DIR, as in a container or over ssh, libwayland
 * complains on standard error each time. While a device is opened, the variable
 * is a path below which there is nothing to connect to and nothing can be made.
 *
 * @module
 */

const variable = "XDG_RUNTIME_DIR";
const nowhere = "/dev/null";

/** The part of Deno that is needed: browsers have none of it, and need none. */
interface DenoLike {
  readonly build?: { readonly os?: string };
  readonly permissions: {
    querySync(what: { name: "env"; variable: string }): { readonly state: string };
  };
  readonly env: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    delete(name: string): void;
  };
}

/** How many actions need the variable now. */
let quieted = 0;
/** What the variable was before the first of them: none, or an empty text. */
let before: string | undefined;

/** The environment, where it lacks the variable and may be changed without a prompt: else the complaint is better. */
function environment(): DenoLike["env"] | null {
  const { Deno: deno } = globalThis as { readonly Deno?: DenoLike };
  if (deno?.build?.os !== "linux") return null;
  if (deno.permissions.querySync({ name: "env", variable }).state !== "granted") return null;
  return quieted > 0 || !deno.env.get(variable) ? deno.env : null;
}

/** Calls `open` without a driver's complaints; the environment is afterwards as it was. */
export async function quietly<T>(open: () => Promise<T>): Promise<T> {
  const env = environment();
  if (env === null) return await open();
  if (quieted++ === 0) {
    before = env.get(variable);
    env.set(variable, nowhere);
  }
  try {
    return await open();
  } finally {
    if (--quieted === 0) {
      if (before === undefined) env.delete(variable);
      else env.set(variable, before);
    }
  }
}
