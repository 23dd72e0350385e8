import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { violations } from "./axe_testing.ts";
import type { Browser } from "puppeteer-core";
import { manyKernels } from "./many_testing.ts";
import { type How, Opened, visible } from "./page_testing.ts";
import { bundleClient, bundleProgram } from "./bundle.ts";
import { startChromium, whyNoChromium } from "../common/chromium_testing.ts";
import { testWhere } from "../common/requirements_testing.ts";
import { computeExample } from "./example.ts";
import { renderReport } from "./html.tsx";
import { toJson } from "../results/json.ts";
import type { Results } from "../results/schema.ts";
import { hostileResults, sampleResults, wholeSample } from "../results/sample_testing.ts";

const example = await computeExample();
const [client, program] = [await bundleClient(), await bundleProgram()];

/** Opens the report on `results`. */
async function open(browser: Browser, results: Results, how: How = {}): Promise<Opened> {
  const html = await renderReport(results, { client, program, example });
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
        // The looks of the six kernels and peers of the sample.
        for (const i of [0, 1, 2, 4, 6, 7]) {
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

  await t.step(
    "hides and shows a series by its button, in all charts, and in the address",
    async () => {
      await using report = await open(browser, sampleResults());
      const button = '[data-kernels=""] button[data-series="3"]';
      const pressed = `document.querySelector('${button}').getAttribute("aria-pressed")`;
      const [charts, orange] = [["by-size", "by-workload", "roofline", "accuracy"], "#d55e00"];
      assertEquals(await report.value(pressed), "true");
      await report.page.click(button);
      assertEquals(await report.value(pressed), "false");
      for (const id of charts) assertEquals(await report.pixels(id, orange), 0, id);
      const hash = await report.value<string>("location.hash");
      assertMatch(hash, /^#kernel=/);
      assertEquals(hash.includes("wasm-threads"), false);
      await report.page.click(button);
      for (const id of charts) assertGreater(await report.pixels(id, orange), 20, id);
      assertEquals(report.faults, []);
    },
  );

  await t.step("shows what its address says, and nothing that the page does not have", async () => {
    const hash = "#kernel=naive&kernel=%3Cimg%3E&pass=none&find=SQUARE&samples=x";
    await using report = await open(browser, sampleResults(), { hash });
    const rows = `[...document.querySelectorAll("#all tbody tr:not([hidden])")]
      .map((row) => row.querySelector("summary").textContent + row.cells[1].textContent)`;
    const sizes = [64, 128, 256, 512, 1024].map((n) => `square-${n}naive`);
    assertEquals(await report.value(rows), sizes);
    assertEquals(
      await report.value(`document.querySelector("[data-choose=find]").value`),
      "SQUARE",
    );
    assertEquals(await report.value(`document.querySelector("[data-choose=pass]").value`), "");
    assertEquals(
      await report.value(
        `document.querySelectorAll('[data-kernels=""] [aria-pressed=true]').length`,
      ),
      1,
    );
    await report.page.click("[data-do=reset]");
    assertEquals((await report.value<string[]>(rows)).length, 72);
    assertEquals(await report.value("location.hash"), "");
    assertEquals(report.faults, []);
  });

  await t.step("names points by the arrow keys, and shows one kernel alone by Enter", async () => {
    await using report = await open(browser, sampleResults());
    const said = `document.querySelector('[data-chart="roofline"] [role=status]').textContent`;
    await report.value(`document.getElementById("roofline").focus()`);
    await report.page.keyboard.press("ArrowRight");
    const first = await report.value<string>(said);
    assertMatch(first, /^\S.*, wasm-threads: [\d.]+ .*GFLOP\/s, [\d.]+ % of its peak/);
    await report.page.keyboard.press("ArrowRight");
    assertNotEquals(await report.value<string>(said), first);
    await report.page.keyboard.press("Enter");
    assertEquals(await report.value("location.hash"), "#kernel=wasm-threads");
    await report.page.keyboard.press("Escape");
    assertEquals(await report.value("location.hash"), "");
    assertEquals(report.faults, []);
  });

  await t.step("draws the other charts where one cannot be drawn, and says so", async () => {
    await using report = await open(browser, sampleResults());
    await report.page.evaluateOnNewDocument(`
      const getContext = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (...how) {
        if (this.id === "by-size") throw new Error("no context");
        return getContext.apply(this, how);
      };`);
    await report.page.reload();
    await report.page.waitForSelector("html[data-drawn]");
    assertEquals(
      await report.value(`document.querySelector('[data-chart="by-size"]').hidden`),
      true,
    );
    for (const id of ["by-workload", "roofline", "accuracy"]) {
      assertGreater(await report.pixels(id), 1000, id);
    }
    assertEquals(report.faults.length, 1);
    assertMatch(report.faults.join(), /the chart by-size could not be drawn/);
  });

  const title = `document.querySelector("h1").textContent`;
  const fastest = `document.querySelector("#matrix thead th:nth-child(2)").textContent`;

  for (const way of ["mouse", "keyboard"]) {
    await t.step(`computes itself anew without a stretch, by ${way}, and back`, async () => {
      await using report = await open(browser, wholeSample());
      // The page holds times at five digits.
      const numbers = `[...document.querySelectorAll("#all tbody td:nth-child(4)")]
        .map((cell) => Number(cell.dataset.value).toPrecision(3)).join()`;
      const before = await report.value<string[]>(`[${title}, ${fastest}, ${numbers}]`);
      if (way === "mouse") {
        const [left, top, width, height] = await report.value<number[]>(`(() => {
          const canvas = document.getElementById("samples");
          canvas.scrollIntoView({ block: "center" });
          const box = canvas.getBoundingClientRect();
          return [box.left, box.top, box.width, box.height];
        })()`) as [number, number, number, number];
        const y = top + height / 2;
        await report.page.mouse.move(left + width * 0.35, y);
        await report.page.mouse.down();
        await report.page.mouse.move(left + width * 0.7, y, { steps: 4 });
        await report.page.mouse.up();
      } else {
        await report.value(`document.querySelector("[data-choose=from]").focus()`);
        await report.page.keyboard.type("0");
        await report.page.keyboard.press("Tab");
        await report.page.keyboard.type("10");
        await report.page.keyboard.press("Tab");
        await report.page.keyboard.press("Enter");
      }
      assertMatch(await report.value("location.hash"), /^#without=[\d.]+-[\d.]+$/);
      assertNotEquals(await report.value(numbers), before[2]);
      const told = `document.querySelector("[data-left-out]").textContent`;
      assertMatch(await report.value(told), /^Without .* measurements are left out\./);
      // The charts are still there, and drawn.
      for (const id of ["by-size", "roofline", "samples"]) {
        assertGreater(await report.pixels(id), 500, id);
      }
      assertEquals(await violations(report), []);
      await report.page.click("[data-do=take-back]");
      assertEquals(await report.value(`[${title}, ${fastest}, ${numbers}]`), before);
      assertEquals(await report.value("location.hash"), "");
      assertEquals(report.faults, []);
    });
  }

  await t.step("opens a row to its formula, its command and its samples", async () => {
    await using report = await open(browser, wholeSample());
    await report.value(`document.getElementById("all").closest("details").open = true`);
    const row = `document.querySelector("#all tr:not([hidden]) details.row")`;
    assertEquals(await report.value(`${row}.innerText.includes("round 1")`), false);
    await report.value(`${row}.querySelector("summary").focus()`);
    await report.page.keyboard.press("Enter");
    await report.page.waitForFunction(`"filled" in ${row}.dataset`);
    const text = await report.value<string>(`${row}.innerText`);
    assertMatch(text, /= relu\(x\[|= x\[/);
    assertMatch(text, /deno task bench .*--filter /);
    assertMatch(text, /round 1.*calls a sample/);
    assertEquals(report.faults, []);
  });

  await t.step(
    "writes the whole table of a long page when it is unfolded, sorted and chosen as any other",
    async () => {
      await using report = await open(browser, manyKernels(20));
      const [whole, shown] = [
        `document.querySelectorAll("#all tr[data-row]").length`,
        `document.querySelectorAll("#all tr[data-row]:not([hidden])").length`,
      ];
      assertEquals(await report.value(whole), 0);
      await report.value(`document.getElementById("all").closest("details").open = true`);
      await report.page.waitForSelector("#all tr[data-row]");
      const { results } = manyKernels(20);
      assertEquals(await report.value(whole), results.length);
      const said = `document.querySelector("[data-shown]").textContent`;
      assertEquals(
        await report.value(said),
        `${await report.value(shown)} of ${results.length} results shown`,
      );
      assertEquals(await report.value(`document.querySelectorAll("table.compact").length`), 0);
      await report.page.click("#all th[data-sort] button");
      assertEquals(
        await report.value(
          `document.querySelector("#all th[data-sort]").getAttribute("aria-sort")`,
        ),
        "ascending",
      );
      await report.value(`document.querySelector("#all tr:not([hidden]) details.row").open = true`);
      await report.page.waitForSelector("#all details.row[data-filled]");
      assertEquals(report.faults, []);
    },
  );

  await t.step("opens what a link leads into", async () => {
    await using report = await open(browser, sampleResults(), { hash: "#shares" });
    const unfolded = `document.getElementById("shares").closest("details").open`;
    assertEquals(await report.value(unfolded), true);
    assertEquals(
      await report.value(`document.getElementById("all").closest("details").open`),
      false,
    );
  });

  await t.step("sorts a table both ways, with the keyboard, and says so", async () => {
    await using report = await open(browser, sampleResults());
    await report.value(`document.getElementById("all").closest("details").open = true`);
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

  await t.step(
    "fits a phone with names of sixty characters, of one word or from right to left",
    async () => {
      const names = {
        jet: "w".repeat(60),
        blocked: "ליבה ".repeat(12),
        "wasm-simd": "W".repeat(60),
      };
      const text = Object.entries(names).reduce(
        (text, [name, long]) => text.replaceAll(JSON.stringify(name), JSON.stringify(long)),
        toJson(wholeSample()),
      );
      await using report = await open(browser, JSON.parse(text) as Results, { width: 320 });
      assertEquals(await report.value("document.documentElement.scrollWidth"), 320);
      assertEquals(report.faults, []);
    },
  );

  for (const [width, dark] of [[1440, false], [1440, true], [320, false], [320, true]] as const) {
    await t.step(`is clean by axe, ${width} pixels wide, ${dark ? "dark" : "light"}`, async () => {
      // Everything that a page can have, but of rows no more than needed, since axe takes its time.
      const whole = wholeSample();
      const some = { ...whole, results: whole.results.slice(0, 24) };
      await using report = await open(browser, some, { width, dark });
      await report.value(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
      assertEquals(await violations(report), []);
      assertEquals(await report.value("document.documentElement.scrollWidth"), width);
    });
  }

  await t.step("would not be clean by axe with a picture that says nothing", async () => {
    await using page = await Opened.open(browser, "<!doctype html><title>x</title><img>");
    assertMatch((await violations(page)).join(), /image-alt/);
  });

  await t.step("paints the first chart before it draws the others", async () => {
    await using report = await open(browser, wholeSample());
    const drawn =
      `[...document.querySelectorAll("canvas")].filter(({ width }) => width !== 10).length`;
    await report.page.evaluateOnNewDocument(`new MutationObserver(() => {
      globalThis.atFirst ??= ${drawn};
    }).observe(document, { subtree: true, attributeFilter: ["data-painted"] })`);
    await report.page.reload();
    await report.page.waitForSelector("html[data-drawn]");
    assertEquals(await report.value("atFirst"), 1);
    assertGreater(await report.value<number>(drawn), 4);
    assertEquals(report.faults, []);
  });

  await t.step("moves nothing while charts are drawn", async () => {
    await using report = await open(browser, wholeSample());
    const shift = await report.value<number>(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) sum += value;
      }).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => resolve(sum), 500);
    })`);
    assertLess(shift, 0.1);
  });

  await t.step("is whole without JavaScript, but for the charts", async () => {
    await using report = await open(browser, sampleResults(), { script: false });
    await report.value(`document.querySelectorAll("details").forEach((one) => one.open = true)`);
    const tables = await report.value<boolean[]>(visible("table"));
    assertEquals(tables.length, 7);
    assert(tables.every(Boolean), "a table is hidden");
    assertEquals((await report.value<boolean[]>(visible("canvas"))).includes(true), false);
    assertEquals((await report.value<boolean[]>(visible("button"))).includes(true), false);
    assert((await report.value<boolean[]>(visible("noscript"))).every(Boolean));
    assertEquals(report.faults, []);
  });

  await t.step("runs and marks up nothing of hostile texts", async () => {
    await using report = await open(browser, hostileResults());
    assertEquals(await report.value("document.images.length"), 0);
    assertEquals(await report.value("document.scripts.length"), 5);
    assertEquals(await report.value(visible("canvas")), [true, true, true, true]);
    assertGreater(await report.pixels("by-workload"), 1000);
    assertEquals(report.faults, []);
  });

  await t.step(
    "is printed dark on white with nothing folded, also from a dark screen",
    async () => {
      await using report = await open(browser, wholeSample(), { dark: true });
      // Rows of the table stay as they are: their samples are pages long.
      const folded = `[...document.querySelectorAll("details:not(.row)")].map((one) => one.open)`;
      const before = await report.value<boolean[]>(folded);
      await report.value(`dispatchEvent(new Event("beforeprint"))`);
      assertGreater(await report.pixels("by-size", "#d55e00"), 20);
      assertEquals((await report.value<boolean[]>(folded)).includes(false), false);
      await report.value(`dispatchEvent(new Event("afterprint"))`);
      assertGreater(await report.pixels("by-size", "#ff8a3d"), 20);
      assertEquals(await report.value<boolean[]>(folded), before);
      const pdf = await report.page.pdf({ format: "A4", timeout: 120_000 });
      assertEquals(new TextDecoder().decode(pdf.slice(0, 5)), "%PDF-");
      // Grounds of gradients would take tens of megabytes.
      assertLess(pdf.length, 8e6);
      assertEquals(report.faults, []);
    },
  );
});
