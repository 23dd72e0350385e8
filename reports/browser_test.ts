import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { bundleClient } from "./bundle.ts";
import { startChromium, whyNoChromium } from "./chromium.ts";
import { computeExample } from "./example.ts";
import { renderReport } from "./html.tsx";
import type { Results } from "./schema.ts";
import { hostileResults, sampleResults } from "./testdata.ts";

const skipped = whyNoChromium();
const name = `the report in a browser${skipped === null ? "" : ` (${skipped})`}`;

/** A report on disk, opened as readers do: from a file, not from a server. */
class Opened implements AsyncDisposable {
  /** What went wrong in the page: errors, violations of the policy, requests for anything but the file. */
  readonly faults: string[] = [];

  private constructor(readonly page: Page, readonly folder: string) {}

  static async open(browser: Browser, results: Results, how: {
    width?: number;
    dark?: boolean;
    script?: boolean;
  } = {}): Promise<Opened> {
    const client = await bundleClient();
    const html = await renderReport(results, { client, example: await computeExample() });
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/report.html`, html);
    const page = await browser.newPage();
    const opened = new Opened(page, folder);
    page.on("console", (message) => opened.faults.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => opened.faults.push(String(error)));
    page.on("request", (request) => {
      if (!/^(file:.*\/report\.html|data:)/.test(request.url())) opened.faults.push(request.url());
    });
    await page.setJavaScriptEnabled(how.script ?? true);
    await page.setViewport({ width: how.width ?? 1280, height: 900 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: how.dark ? "dark" : "light" },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.goto(`file://${folder}/report.html`);
    return opened;
  }

  /** The value of an expression in the page; it must be JSON. */
  async value<T>(expression: string): Promise<T> {
    return await this.page.evaluate(expression) as T;
  }

  /** How many pixels of a canvas are drawn in about a colour (#rrggbb); without one, at all. */
  pixels(canvas: string, color = ""): Promise<number> {
    return this.value(`(() => {
      const canvas = document.getElementById(${JSON.stringify(canvas)});
      // From a copy: reading from the canvas itself would be told off by the browser as slow.
      const copy = new OffscreenCanvas(canvas.width, canvas.height)
        .getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      const wanted = ${JSON.stringify(color)}.match(/[0-9a-f]{2}/gi)?.map((x) => parseInt(x, 16));
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 200 && (wanted ?? []).every((x, c) => Math.abs(x - data[i + c]) < 8)) {
          count++;
        }
      }
      return count;
    })()`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Whether an element takes up space in the page. */
const visible = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((element) => element.getBoundingClientRect().height > 20)`;

Deno.test({ name, ignore: skipped !== null }, async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;

  for (const dark of [false, true]) {
    await t.step(`draws every series in both charts, ${dark ? "dark" : "light"}`, async () => {
      await using report = await Opened.open(browser, sampleResults(), { dark });
      const { page } = report;
      assertEquals(await page.title(), "Densemark: quick, 2026-03-01 09:30 UTC");
      for (const id of ["by-size", "by-workload"]) {
        for (let i = 0; i < 6; i++) {
          const color = await report.value<string>(
            `getComputedStyle(document.documentElement).getPropertyValue("--s${i}").trim()`,
          );
          assertMatch(color, /^#[0-9a-f]{6}$/);
          assertGreater(await report.pixels(id, color), 20, `series ${i} (${color}) in ${id}`);
        }
      }
      assertEquals(report.faults, []);
    });
  }

  await t.step("changes the colours of charts with those of the system", async () => {
    await using report = await Opened.open(browser, sampleResults());
    const [light, dark] = ["#d55e00", "#ff8a3d"];
    assertGreater(await report.pixels("by-size", light), 20);
    await report.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    // The page hears of it at its next frame.
    const deadline = Date.now() + 5000;
    while (await report.pixels("by-size", light) > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(await report.pixels("by-size", light), 0);
    assertGreater(await report.pixels("by-size", dark), 20);
    assertEquals(report.faults, []);
  });

  await t.step("hides and shows a series by its button", async () => {
    await using report = await Opened.open(browser, sampleResults());
    const button = '[data-chart="by-size"] button[data-series="1"]';
    const pressed = `document.querySelector('${button}').getAttribute("aria-pressed")`;
    assertEquals(await report.value(pressed), "true");
    await report.page.click(button);
    assertEquals(await report.value(pressed), "false");
    assertEquals(await report.pixels("by-size", "#d55e00"), 0);
    await report.page.click(button);
    assertGreater(await report.pixels("by-size", "#d55e00"), 20);
    // The other chart keeps it.
    assertGreater(await report.pixels("by-workload", "#d55e00"), 20);
  });

  await t.step("sorts a table both ways, with the keyboard, and says so", async () => {
    await using report = await Opened.open(browser, sampleResults());
    const times = `[...document.querySelectorAll("#all tbody tr")]
      .map((row) => row.cells[3].dataset.value).map((text) => text === "" ? null : Number(text))`;
    const header = `document.querySelectorAll("#all th[data-sort]")[3]`;
    const unsorted = await report.value<(number | null)[]>(times);
    assertEquals(await report.value(`${header}.getAttribute("aria-sort")`), null);
    await report.value(`${header}.querySelector("button").focus()`);
    await report.page.keyboard.press("Enter");
    const numbers = unsorted.filter((time) => time !== null);
    const ascending = numbers.toSorted((a, b) => a - b);
    assertEquals(await report.value(times), [...ascending, null, null]);
    assertEquals(await report.value(`${header}.getAttribute("aria-sort")`), "ascending");
    await report.page.keyboard.press("Space");
    assertEquals(await report.value(times), [...ascending.toReversed(), null, null]);
    assertEquals(await report.value(`${header}.getAttribute("aria-sort")`), "descending");
    // Sorting by another column takes the mark from the first.
    await report.page.click("#all th[data-sort] button");
    assertEquals(await report.value(`${header}.getAttribute("aria-sort")`), null);
    assertEquals(report.faults, []);
  });

  for (const width of [320, 768]) {
    await t.step(`fits a screen ${width} pixels wide`, async () => {
      await using report = await Opened.open(browser, hostileResults(), { width });
      assertEquals(await report.value("document.documentElement.scrollWidth"), width);
      assertEquals(report.faults, []);
    });
  }

  await t.step("is whole without JavaScript, but for the charts", async () => {
    await using report = await Opened.open(browser, sampleResults(), { script: false });
    const tables = await report.value<boolean[]>(visible("table"));
    assertEquals(tables.length, 5);
    assert(tables.every(Boolean), "a table is hidden");
    assertEquals(await report.value(visible("canvas")), [false, false]);
    assertEquals(await report.value(visible("th button")), []);
    assert((await report.value<boolean[]>(visible("noscript"))).every(Boolean));
    assertEquals(report.faults, []);
  });

  await t.step("runs and marks up nothing of hostile texts", async () => {
    await using report = await Opened.open(browser, hostileResults());
    assertEquals(await report.value("document.images.length"), 0);
    assertEquals(await report.value("document.scripts.length"), 2);
    assertEquals(await report.value(visible("canvas")), [true, true]);
    assertGreater(await report.pixels("by-workload"), 1000);
    assertEquals(report.faults, []);
  });

  await t.step("is printed dark on white, also from a dark screen", async () => {
    await using report = await Opened.open(browser, sampleResults(), { dark: true });
    await report.value(`dispatchEvent(new Event("beforeprint"))`);
    assertGreater(await report.pixels("by-size", "#d55e00"), 20);
    await report.value(`dispatchEvent(new Event("afterprint"))`);
    assertGreater(await report.pixels("by-size", "#ff8a3d"), 20);
    const pdf = await report.page.pdf({ format: "A4" });
    assertEquals(new TextDecoder().decode(pdf.slice(0, 5)), "%PDF-");
    assertEquals(report.faults, []);
  });
});
