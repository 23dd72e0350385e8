import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inFolder } from "./deno_testing.ts";
import { commitOf, isShallow } from "./repository.ts";

async function git(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    cwd,
    args: ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args],
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
}

/** A repository with one commit, and a file in `inner/`, which the commit has. */
async function makeRepository(folder: string): Promise<void> {
  await Deno.mkdir(join(folder, "inner"));
  await Deno.writeTextFile(join(folder, "inner", "a.ts"), "");
  await git(folder, "init", "--quiet");
  await git(folder, "add", ".");
  await git(folder, "commit", "--quiet", "--no-gpg-sign", "-m", "first");
}

const at = (...parts: string[]) => commitOf(pathToFileURL(`${join(...parts)}/`));

Deno.test("commitOf() names the commit where the tree is its repository, and nowhere else", () =>
  inFolder(async (folder) => {
    assertEquals(await at(folder), null);
    await makeRepository(folder);
    assertMatch(await at(folder) ?? "", /^[0-9a-f]{12}$/);
    assertEquals(await at(folder, "inner"), null);
    await Deno.writeTextFile(join(folder, "inner", "a.ts"), "changed");
    assertMatch(await at(folder) ?? "", /^[0-9a-f]{12}-dirty$/);
    // A working tree beside the first has a file where that has a folder.
    await git(folder, "worktree", "add", "--quiet", "beside", "HEAD");
    assertMatch(await at(folder, "beside") ?? "", /^[0-9a-f]{12}$/);
  }));

Deno.test("isShallow() is true of a clone without older commits alone", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "all"));
    await makeRepository(join(folder, "all"));
    const commit = ["commit", "--quiet", "--no-gpg-sign", "--allow-empty", "-m", "second"];
    await git(join(folder, "all"), ...commit);
    const from = pathToFileURL(join(folder, "all")).href;
    await git(folder, "clone", "--quiet", "--depth", "1", from, "shallow");
    const of = (name: string) => isShallow(pathToFileURL(`${join(folder, name)}/`));
    assertEquals([await of("all"), await of("shallow")], [false, true]);
  }));

Deno.test("commitOf() does not take a hook's repository for this tree's", () =>
  inFolder(async (folder) => {
    await makeRepository(folder);
    const before = Deno.env.get("GIT_DIR");
    Deno.env.set("GIT_DIR", join(folder, ".git"));
    try {
      assertEquals(await at(folder, "inner"), null);
    } finally {
      if (before === undefined) Deno.env.delete("GIT_DIR");
      else Deno.env.set("GIT_DIR", before);
    }
  }));
