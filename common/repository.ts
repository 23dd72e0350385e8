/**
 * Git on the repository that this tree is, and on no other: a copy that lies
 * inside another repository, or is run by a hook of one, has none.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What git answers. */
export interface GitAnswer {
  readonly success: boolean;
  readonly bytes: Uint8Array;
}

/**
 * Runs git on the repository whose top folder this is.
 *
 * @param root The folder, as its URL.
 * @throws what Deno throws where there is no git, or it may not be run.
 */
export async function git(root: URL, args: readonly string[]): Promise<GitAnswer> {
  const folder = fileURLToPath(root);
  // Named, git looks neither in the folders above nor at the environment of a hook.
  const where = [`--git-dir=${join(folder, ".git")}`, `--work-tree=${folder}`];
  const { success, stdout } = await new Deno.Command("git", {
    args: [...where, ...args],
    cwd: root,
    stderr: "null",
  }).output();
  return { success, bytes: stdout };
}

/** Whether the repository was cloned without its older commits, as continuous integration does it. */
export async function isShallow(root: URL): Promise<boolean> {
  const { success, bytes } = await git(root, ["rev-parse", "--is-shallow-repository"]);
  return success && new TextDecoder().decode(bytes).trim() === "true";
}

/** The commit of the repository whose top folder this is, `-dirty` where files differ from it; null where it is none. */
export async function commitOf(root: URL): Promise<string | null> {
  try {
    const args = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    const { success, bytes } = await git(root, args);
    return success ? new TextDecoder().decode(bytes).trim() : null;
  } catch {
    return null;
  }
}
