import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import type { Browser } from "puppeteer-core";
import { type How, Opened, visible } from "./page_testing.ts";
import { bundleClient } from "./bundle.ts";
import { startChromium, whyNoChromium } from "../common/chromium_testing.ts";
import { testWhere } from "../common/requirements_testing.ts";
import { computeExample } from "./example.ts";
import { renderReport } from "./html.tsx";
import type { Results } from "../results/schema.ts";
import { hostileResults, sampleResults } from "../results/sample_testing.ts";

const example = await computeExample();

/** Opens the report on `results`. */
async function open(browser: Browser, results: Results, how: How = {}): Promise<Opened> {
  const html = await renderReport(results, { client: await bundleClient(), example });
  return await Opened.open(browser, html, how);
}

testWhere(whyNoChromium(), "the report in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;

  for (const dark of [false, true]) {
    await t.step(`draws every series in both charts, ${dark ? "dark" : "light"}`, async () => {
      await using report = await open(browser, sampleResults(), { dark });
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
    await using report = await open(browser, sampleResults());
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
    await using report = await open(browser, sampleResults());
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
    await using report = await open(browser, sampleResults());
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
      await using report = await open(browser, hostileResults(), { width });
      assertEquals(await report.value("document.documentElement.scrollWidth"), width);
      assertEquals(report.faults, []);
    });
  }

  await t.step("is whole without JavaScript, but for the charts", async () => {
    await using report = await open(browser, sampleResults(), { script: false });
    const tables = await report.value<boolean[]>(visible("table"));
    assertEquals(tables.length, 8);
    assert(tables.every(Boolean), "a table is hidden");
    assertEquals(await report.value(visible("canvas")), [false, false]);
    assertEquals(await report.value(visible("th button")), []);
    assert((await report.value<boolean[]>(visible("noscript"))).every(Boolean));
    assertEquals(report.faults, []);
  });

  await t.step("runs and marks up nothing of hostile texts", async () => {
    await using report = await open(browser, hostileResults());
    assertEquals(await report.value("document.images.length"), 0);
    assertEquals(await report.value("document.scripts.length"), 2);
    assertEquals(await report.value(visible("canvas")), [true, true]);
    assertGreater(await report.pixels("by-workload"), 1000);
    assertEquals(report.faults, []);
  });

  await t.step("is printed dark on white, also from a dark screen", async () => {
    await using report = await open(browser, sampleResults(), { dark: true });
    await report.value(`dispatchEvent(new Event("beforeprint"))`);
    assertGreater(await report.pixels("by-size", "#d55e00"), 20);
    await report.value(`dispatchEvent(new Event("afterprint"))`);
    assertGreater(await report.pixels("by-size", "#ff8a3d"), 20);
    const pdf = await report.page.pdf({ format: "A4" });
    assertEquals(new TextDecoder().decode(pdf.slice(0, 5)), "%PDF-");
    assertEquals(report.faults, []);
  });
});
