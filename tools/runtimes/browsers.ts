/**
 * The browsers of this machine, each started without a window on an address and
 * ended again. None is steered: a page tells the server what came out, which every
 * engine can do, and goes on to the next by itself.
 *
 * @module
 */
import { findChromium, firstFile, withoutWindow } from "../../common/chromium.ts";
import { endGroup } from "./execute.ts";

/** A browser that may be installed. */
export interface BrowserProgram {
  readonly name: string;
  /** Its path; null where there is none in the usual places. */
  readonly find: () => string | null;
  /** Its arguments before the address, with an empty folder for what it keeps. */
  readonly args: (profile: string) => readonly string[];
}

/** Of each engine one. */
export const browsers: readonly BrowserProgram[] = [
  {
    name: "Chromium",
    find: findChromium,
    args: (profile) => [...withoutWindow, `--user-data-dir=${profile}`],
  },
  {
    name: "Firefox",
    find: () =>
      firstFile([
        "/usr/bin/firefox-esr",
        "/usr/bin/firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
      ]),
    args: (profile) => ["--headless", "--no-remote", "--profile", profile],
  },
  {
    // The small browser of WPE, WebKit's port to systems without windows.
    name: "WebKit",
    find: () => firstFile(["/usr/bin/cog"]),
    args: () => ["--platform=headless"],
  },
];

/** Opens an address in a browser; `await using` ends it. */
export async function openIn(
  { args }: BrowserProgram,
  path: string,
  url: string,
): Promise<AsyncDisposable> {
  const profile = await Deno.makeTempDir();
  const process = new Deno.Command(path, {
    args: [...args(profile), url],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      endGroup(process);
      await process.status;
      // What it wrote last may still be on its way.
      await Deno.remove(profile, { recursive: true }).catch(() => {});
    },
  };
}
