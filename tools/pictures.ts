/**
 * `deno task pictures PAGE.html...`: opens pages in Chromium as readers do, from a
 * file, and writes a table of how heavy, how high and how soon drawn they are;
 * with --out it takes the pictures of the documentation instead.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { startChromium } from "../common/chromium.ts";
import {
  defineCommand,
  print,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../common/command.ts";
import { formatWhole } from "../common/numbers.ts";
import { markdownHead, markdownRow } from "../common/table.ts";
import { quotePath } from "../common/text.ts";

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

/** How high a page is, in screens, where its first chart begins, in pixels, and when it and all were drawn, in milliseconds since the page was opened. */
async function measured(browser: Browser, path: string, screen: Screen) {
  const page = await opened(browser, path, screen);
  const [height, chart, painted, drawn] = await page.evaluate(`[
    document.documentElement.scrollHeight,
    document.querySelector("canvas, figure svg")?.getBoundingClientRect().top ?? null,
    Number(document.documentElement.dataset.painted || NaN),
    Number(document.documentElement.dataset.drawn || NaN),
  ]`) as [number, number | null, number | null, number | null];
  await page.close();
  return { screens: height / screen.height, chart, painted, drawn };
}

function wholeOr(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : formatWhole(Math.round(value));
}

/** A page's line of the table. */
async function lineOf(browser: Browser, path: string, loads: number): Promise<string> {
  const phone = await measured(browser, path, screens[1]);
  const desk = [];
  for (let load = 0; load < loads; load++) desk.push(await measured(browser, path, screens[0]));
  // The middle one of an odd number; of an even one the later of two.
  const middle = (times: (number | null)[]) =>
    times.toSorted((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(times.length / 2)];
  const { size } = await Deno.stat(path);
  return markdownRow([
    path,
    formatWhole(Math.round(size / 1e3)),
    (desk[0]?.screens ?? NaN).toFixed(1),
    phone.screens.toFixed(1),
    wholeOr(desk[0]?.chart),
    wholeOr(middle(desk.map(({ painted }) => painted))),
    wholeOr(middle(desk.map(({ drawn }) => drawn))),
  ]);
}

/** The documentation's pictures: what a page must have for one, and which part it shows. */
const pictures = [
  { name: "first", of: "#matrix", part: null },
  { name: "left", of: "#roofline", part: "section[aria-labelledby=ceilings]" },
  { name: "believe", of: "#samples", part: "section[aria-labelledby=believe]" },
  { name: "merged", of: "section[aria-labelledby=differences]", part: null },
  { name: "index", of: "[data-search]", part: null },
  { name: "verification", of: "section[aria-labelledby=self]", part: null },
] as const;

/** The most bytes of a picture, since a repository keeps each version of it. */
const mostBytes = 60_000;
/** Higher parts are cut off, since a picture is not scrolled. */
const mostScreens = 1.6;

/** Takes a picture, of the first screen where no part is given, as finely as its bytes allow. */
async function taken(page: Page, screen: Screen, part: string | null): Promise<Uint8Array> {
  const box = part === null ? null : await (await page.$(part))?.boundingBox();
  const clip = box
    ? { ...box, height: Math.min(box.height, mostScreens * screen.height) }
    : { x: 0, y: 0, ...screen };
  let bytes = new Uint8Array();
  for (const quality of [40, 30, 20, 10, 5]) {
    bytes = new Uint8Array(
      await page.screenshot({ type: "webp", quality, clip, captureBeyondViewport: true }),
    );
    if (bytes.length <= mostBytes) break;
  }
  return bytes;
}

/** Takes those of the pictures that a page has, in both widths and themes. */
async function takePictures(browser: Browser, path: string, out: string): Promise<void> {
  for (const screen of screens) {
    for (const dark of [false, true]) {
      const page = await opened(browser, path, screen, dark);
      for (const { name, of, part } of pictures) {
        // A page of several runs has their charts under other names.
        if (await page.$(of) === null) continue;
        const file = join(out, `${name}-${screen.width}-${dark ? "dark" : "light"}.webp`);
        await Deno.writeFile(file, await taken(page, screen, part));
        print(file);
      }
      await page.close();
    }
  }
}

const most = 99;

/** The command. */
export const main = defineCommand({
  usage: "deno task pictures PAGE.html... [options]",
  summary: "Measures pages in Chromium: weight, height, time to the charts; and takes pictures.",
  options: {
    loads: { value: "N", help: `How often each page is opened, 1 to ${most}. Default: 9.` },
    out: {
      value: "FOLDER",
      help: "Take the pictures of docs/report instead, those that the pages have, into FOLDER.",
    },
  },
  notes: [
    "Times are medians over the loads, at 1440 pixels, from the opening of the page until its",
    "first chart is painted, and until all are drawn. Other programs lengthen them.",
  ],
  words: true,
  run: async (found) => {
    if (found.words.length === 0) throw new UsageError("give one page or more");
    const loads = wholeNumberOf(found, "loads", { low: 1, high: most, otherwise: 9 });
    const out = textOf(found, "out");
    for (const path of found.words) {
      const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
      if (!isFile) throw new UsageError(`${quotePath(path)} is no file; give pages as report.html`);
    }
    await using chromium = await startChromium();
    const { browser } = chromium;
    if (out !== undefined) {
      for (const path of found.words) await takePictures(browser, path, out);
      return 0;
    }
    const titles = [
      "page",
      "kB",
      "screens at 1440",
      "screens at 390",
      "first chart at, pixels",
      "first chart after, ms",
      "all charts after, ms",
    ];
    print(markdownHead(titles, [1, 2, 3, 4, 5, 6]));
    for (const path of found.words) print(await lineOf(browser, path, loads));
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
