/**
 * A Chromium of this machine, found in the usual places or by the variable CHROMIUM,
 * and steered by puppeteer-core, for tests and for commands that try a browser.
 *
 * @module
 */
import { type Browser, launch } from "puppeteer-core";

const paths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The first of these paths at which there is a file; null where there is none. */
export function firstFile(paths: readonly string[]): string | null {
  for (const path of paths) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not there, or not to be seen: the next.
    }
  }
  return null;
}

/** The path of a Chromium: the one of the environment's CHROMIUM, else of the usual places; null where there is none. */
export function findChromium(): string | null {
  const given = Deno.env.get("CHROMIUM");
  return firstFile(given ? [given] : paths);
}

/** The arguments of a Chromium without a window. */
export const withoutWindow: readonly string[] = [
  "--headless",
  // Containers often lack what the sandbox needs; the pages are our own.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-dev-shm-usage",
  "--no-first-run",
];

/**
 * Starts Chromium without a window, with these arguments besides; `await using` ends it.
 *
 * @throws where there is no Chromium.
 */
export async function startChromium(
  ...more: string[]
): Promise<AsyncDisposable & { readonly browser: Browser }> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("no Chromium found; set CHROMIUM to its path");
  const browser = await launch({
    // A check of webgpu on software takes minutes on a machine that is busy.
    protocolTimeout: 900_000,
    executablePath,
    args: [...withoutWindow, ...more],
  });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}
