/**
 * `deno task pictures PAGE.html...`: opens pages in Chromium as readers do, from a
 * file, and writes a table of how heavy, how high and how soon drawn they are,
 * and with --out a picture of each, by width and theme.
 *
 * @module
 */
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { startChromium } from "../common/chromium.ts";
import { defineCommand, print, runCommand, textOf, UsageError } from "../common/command.ts";
import { formatWhole } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";

/** The screens that pages are made for: a desk's and a phone's. */
const screens = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;
type Screen = (typeof screens)[number];

async function opened(browser: Browser, path: string, screen: Screen, dark = false): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport(screen);
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: dark ? "dark" : "light" },
  ]);
  await page.goto(pathToFileURL(resolve(path)).href);
  // Pages without data draw nothing later.
  await page.waitForFunction(
    `!document.getElementById("data") || "drawn" in document.documentElement.dataset`,
    { timeout: 60_000 },
  );
  return page;
}

/** How high a page is, in screens, and where its first chart begins, in pixels. */
async function measured(browser: Browser, path: string, screen: Screen) {
  const page = await opened(browser, path, screen);
  const [height, chart, drawn] = await page.evaluate(`[
    document.documentElement.scrollHeight,
    document.querySelector("canvas, figure svg")?.getBoundingClientRect().top ?? null,
    Number(document.documentElement.dataset.drawn || NaN),
  ]`) as [number, number | null, number | null];
  await page.close();
  return { screens: height / screen.height, chart, drawn };
}

/** A page's line of the table. */
async function lineOf(browser: Browser, path: string): Promise<string> {
  const [desk, phone] = [
    await measured(browser, path, screens[0]),
    await measured(browser, path, screens[1]),
  ];
  const { size } = await Deno.stat(path);
  return markdownRow([
    basename(path),
    formatWhole(Math.round(size / 1e3)),
    desk.screens.toFixed(1),
    phone.screens.toFixed(1),
    desk.chart === null ? "–" : formatWhole(Math.round(desk.chart)),
    desk.drawn ? formatWhole(Math.round(desk.drawn)) : "–",
  ]);
}

/** Writes pictures of what a selector finds, or of the first screen, in both widths and themes. */
async function picture(
  browser: Browser,
  path: string,
  { part, out, name }: { part: string | null; out: string; name: string },
): Promise<void> {
  for (const screen of screens) {
    for (const dark of [false, true]) {
      const page = await opened(browser, path, screen, dark);
      const file = join(out, `${name}-${screen.width}-${dark ? "dark" : "light"}.webp`) as
        & string
        & `${string}.webp`;
      const how = { path: file, type: "webp", quality: 30 } as const;
      const found = part === null ? null : await page.$(part);
      if (part !== null && found === null) {
        throw new UsageError(`${path} has nothing that ${part} selects`);
      }
      await (found ? found.screenshot(how) : page.screenshot(how));
      await page.close();
      print(file);
    }
  }
}

/** The command. */
export const main = defineCommand({
  usage: "deno task pictures PAGE.html... [options]",
  summary: "Measures pages in Chromium: weight, height, time to the charts; and takes pictures.",
  options: {
    out: { value: "FOLDER", help: "Also write pictures of the first page to FOLDER, as NAME-…." },
    name: { value: "NAME", help: "What pictures are called. Default: page." },
    part: { value: "SELECTOR", help: "The part that is shown. Default: the first screen." },
  },
  words: true,
  run: async (found) => {
    const [first] = found.words;
    if (first === undefined) throw new UsageError("give one page or more");
    await using chromium = await startChromium();
    const { browser } = chromium;
    const out = textOf(found, "out");
    if (out) {
      const [part, name] = [textOf(found, "part") ?? null, textOf(found, "name") ?? "page"];
      await picture(browser, first, { part, out, name });
      return 0;
    }
    const titles = [
      "page",
      "kB",
      "screens at 1440",
      "screens at 390",
      "first chart at, pixels",
      "drawn after, ms",
    ];
    print(markdownHead(titles, [1, 2, 3, 4, 5]));
    for (const path of found.words) print(await lineOf(browser, path));
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
