import { assertEquals, assertGreater } from "@std/assert";
import { Opened, visible } from "../page_testing.ts";
import { bundleClient } from "../bundle.ts";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { hostileResults } from "../../results/sample_testing.ts";
import { renderMerged } from "./page.tsx";
import { sampleMerged } from "./runs_testing.ts";

testWhere(whyNoChromium(), "the merged report in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;
  const client = await bundleClient();
  const html = await renderMerged(sampleMerged(), client);

  for (const dark of [false, true]) {
    await t.step(
      `draws a kernel in its colour on every machine, ${dark ? "dark" : "light"}`,
      async () => {
        await using report = await Opened.open(browser, html, { dark });
        const color = await report.value<string>(
          `getComputedStyle(document.documentElement).getPropertyValue("--s1").trim()`,
        );
        for (const machine of [1, 2, 3]) {
          for (const chart of ["by-size", "by-workload"]) {
            assertGreater(await report.pixels(`machine-${machine}-${chart}`, color), 20);
          }
        }
        assertEquals(report.faults, []);
      },
    );
  }

  for (const width of [320, 768]) {
    await t.step(`fits a screen ${width} pixels wide`, async () => {
      const runs = [hostileResults(), hostileResults()];
      const hostile = await renderMerged({ ...sampleMerged(), runs }, client);
      await using report = await Opened.open(browser, hostile, { width });
      assertEquals(await report.value("document.documentElement.scrollWidth"), width);
      assertEquals(report.faults, []);
    });
  }

  await t.step("sorts the table of all machines by a column of the second", async () => {
    await using report = await Opened.open(browser, html);
    const cells = `[...document.querySelectorAll("#all-machines tbody tr")]
      .map((row) => row.cells[8].dataset.value)`;
    const unsorted = await report.value<string[]>(cells);
    await report.value(`document.querySelectorAll("#all-machines th[data-sort]")[8]
      .querySelector("button").click()`);
    const numbers = unsorted.filter((text) => text !== "").toSorted((a, b) =>
      Number(a) - Number(b)
    );
    assertGreater(numbers.length, 5);
    const gaps = unsorted.filter((text) => text === "");
    assertEquals(await report.value(cells), [...numbers, ...gaps]);
  });

  await t.step("opens what is folded when it is printed", async () => {
    await using report = await Opened.open(browser, html);
    const open = `[...document.querySelectorAll("details:not(.row)")].every((one) => one.open)`;
    assertEquals(await report.value(open), false);
    await report.value(`dispatchEvent(new Event("beforeprint"))`);
    assertEquals(await report.value(open), true);
    assertEquals(report.faults, []);
  });

  await t.step(
    "has heads without buttons on paper, where a repeated one would lack them",
    async () => {
      await using opened = await Opened.open(browser, html);
      const display = `getComputedStyle(document.querySelector("th button")).display`;
      const before = await opened.value(display);
      await opened.page.emulateMediaType("print");
      assertEquals([before === "contents", await opened.value(display)], [false, "contents"]);
    },
  );

  await t.step("is whole without JavaScript, but for the charts", async () => {
    await using report = await Opened.open(browser, html, { script: false });
    const canvases = await report.value<boolean[]>(visible("canvas"));
    assertEquals(canvases.includes(true), false);
    assertEquals(await report.value(visible("#all-machines")), [true]);
    assertEquals(report.faults, []);
  });
});
