import { assertEquals, assertMatch } from "@std/assert";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { hostile, hostileResults } from "../../results/sample_testing.ts";
import { violations } from "../axe_testing.ts";
import { bundleIndexClient } from "../bundle.ts";
import { Opened, visible } from "../page_testing.ts";
import { renderIndex } from "./page.tsx";
import { folderOfRuns } from "./runs_testing.ts";

testWhere(whyNoChromium(), "the page of past runs in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;
  const client = await bundleIndexClient();
  const found = folderOfRuns();
  const html = await renderIndex(found, client);

  for (const width of [320, 1440]) {
    for (const dark of [false, true]) {
      await t.step(
        `is sound for everybody, ${width} pixels wide, ${dark ? "dark" : "light"}`,
        async () => {
          await using opened = await Opened.open(browser, html, { width, dark });
          assertEquals(await violations(opened), []);
          assertEquals(await opened.value("document.documentElement.scrollWidth"), width);
          assertEquals(opened.faults, []);
        },
      );
    }
  }

  await t.step(
    "finds runs, trends and steps by words, opens what they are folded into, and all again",
    async () => {
      await using opened = await Opened.open(browser, html);
      const shown = (selector: string) =>
        opened.value<number>(
          `[...document.querySelectorAll(${JSON.stringify(selector)})]
          .filter((one) => one.checkVisibility()).length`,
        );
      const all = await shown("#latest-runs tbody tr");
      assertEquals(all, 7);
      await opened.page.type("[data-search] input", "JET naive");
      assertEquals(await shown(".panels [data-item]"), 1);
      assertEquals(await shown("#machine-2-trends tbody tr"), 1);
      const said = `document.querySelector("[data-search] [role=status]").textContent`;
      assertMatch(await opened.value(said), /^\d+ of \d+ found$/);
      await opened.value(`(() => {
      const input = document.querySelector("[data-search] input");
      input.value = "c4";
      input.dispatchEvent(new Event("input"));
    })()`);
      assertEquals(await shown("#latest-runs tbody tr"), 1);
      await opened.value(`(() => {
      const input = document.querySelector("[data-search] input");
      input.value = "";
      input.dispatchEvent(new Event("input"));
    })()`);
      assertEquals(await shown("#latest-runs tbody tr"), all);
      assertEquals(await opened.value(said), "");
      assertEquals(opened.faults, []);
    },
  );

  await t.step("has its charts, links and tables without JavaScript", async () => {
    await using opened = await Opened.open(browser, html, { script: false });
    assertEquals((await opened.value<boolean[]>(visible(".plot"))).filter(Boolean).length, 12);
    assertEquals(await opened.value(visible("#latest-runs, #broken-runs")), [true, true]);
    assertEquals(await opened.value(visible("[data-search]")), [false]);
    assertEquals(opened.faults, []);
  });

  await t.step("shows hostile names as texts, and fits 320 pixels with them", async () => {
    const evil = hostile.markup.replaceAll("/", "_");
    const page = await renderIndex({
      runs: found.runs.map(({ path }) => ({ path, results: hostileResults() })),
      problems: [{ path: `/runs/${evil}/results.json`, reason: hostile.long }],
      earlier: 1,
      pages: [`${evil}/report.html`, `${evil}.html`],
    }, client);
    await using opened = await Opened.open(browser, page, { width: 320 });
    assertEquals(await opened.value(`document.querySelectorAll("img").length`), 0);
    assertEquals(await opened.value("document.documentElement.scrollWidth"), 320);
    assertEquals(opened.faults, []);
  });
});
