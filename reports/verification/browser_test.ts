import { assert, assertEquals } from "@std/assert";
import { type How, Opened } from "../page_testing.ts";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { toJUnit } from "../../results/verification/junit.ts";
import { renderVerification } from "./page.tsx";
import type { VerificationReport } from "../../results/verification/schema.ts";
import {
  hostileVerification,
  sampleVerification,
} from "../../results/verification/sample_testing.ts";

/** Texts of a plot that overlap each other, or leave its picture. */
const collisions = `[...document.querySelectorAll("svg.plot[role=img]")].flatMap((svg) => {
  const outer = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
  const title = svg.querySelector("title").textContent;
  const found = [];
  for (const [i, [text, a]] of boxes.entries()) {
    if (a.left < outer.left - 1 || a.right > outer.right + 1 || a.top < outer.top - 1 ||
      a.bottom > outer.bottom + 1) found.push(title + ": outside: " + text.textContent);
    for (const [other, b] of boxes.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // The box of a text is higher than its letters.
      if (wide > 1 && high > a.height * 0.4) {
        found.push(title + ": " + text.textContent + " on " + other.textContent);
      }
    }
  }
  return found;
})`;

/** Texts whose contrast with what is behind them is below 4.5, the least of WCAG 2's level AA. */
const faint = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.textContent.trim() === "" || element.closest("title,desc")) continue;
    const style = getComputedStyle(element);
    const color = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [luminance(color), luminance(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    count++;
    if (contrast < 4.5) {
      found.add(color + " on " + ground(element) + ": " + walker.currentNode.textContent.slice(0, 30));
    }
  }
  return { count, found: [...found] };
})()`;

testWhere(whyNoChromium(), "the verification page in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;
  const open = async (report: VerificationReport, how: How = {}) =>
    await Opened.open(browser, await renderVerification(report), how);

  for (const dark of [false, true]) {
    await t.step(`has readable texts on every ground, ${dark ? "dark" : "light"}`, async () => {
      await using page = await open(sampleVerification(), { dark });
      const { count, found } = await page.value<{ count: number; found: string[] }>(faint);
      assert(count > 1000, `only ${count} texts were looked at`);
      assertEquals(found, []);
      const ground = await page.value("getComputedStyle(document.body).backgroundColor");
      assertEquals(ground, dark ? "rgb(18, 22, 28)" : "rgb(255, 255, 255)");
      assertEquals(page.faults, []);
    });
  }

  for (const width of [320, 768, 1280]) {
    await t.step(`fits a screen ${width} pixels wide`, async () => {
      for (const report of [sampleVerification(), hostileVerification()]) {
        await using page = await open(report, { width });
        assertEquals(await page.value("document.documentElement.scrollWidth"), width);
        assertEquals(page.faults, []);
      }
    });

    await t.step(`has no texts on each other in its plots, ${width} pixels wide`, async () => {
      await using page = await open(sampleVerification(), { width });
      assert(
        await page.value<number>('document.querySelectorAll("svg.plot[role=img]").length') > 25,
      );
      assertEquals(await page.value(collisions), []);
    });
  }

  await t.step(
    "shows a plot's numbers to the keyboard alone, without scripts of its own",
    async () => {
      await using page = await open(sampleVerification());
      const shown = 'document.getElementById("growth-table").checkVisibility()';
      assertEquals(await page.value(shown), false);
      await page.value('document.querySelector("#growth ~ details summary").focus()');
      await page.page.keyboard.press("Enter");
      assertEquals(await page.value(shown), true);
      // The first stop of the keyboard is the way past what comes before the results.
      await page.value("document.activeElement.blur(), scrollTo(0, 0)");
      assertEquals(await page.value('document.querySelector("a").getAttribute("href")'), "#main");
      assertEquals(page.faults, []);
    },
  );

  await t.step("runs and marks up nothing of hostile texts", async () => {
    await using page = await open(hostileVerification());
    assertEquals(await page.value("document.images.length + document.scripts.length"), 0);
    assertEquals(page.faults, []);
  });

  await t.step("is printed dark on white, with the numbers of the plots", async () => {
    await using page = await open(sampleVerification(), { dark: true });
    await page.page.emulateMediaType("print");
    assertEquals(
      await page.value("getComputedStyle(document.body).backgroundColor"),
      "rgb(255, 255, 255)",
    );
    assertEquals(
      await page.value('document.getElementById("growth-table").checkVisibility()'),
      true,
    );
    assertEquals(page.faults, []);
  });

  await t.step("reads the JUnit file of the same run, hostile or not, as XML", async () => {
    for (const report of [sampleVerification(), hostileVerification()]) {
      await using page = await open(report);
      const read = await page.value<{ error: number; suites: number }>(`(() => {
        const xml = ${JSON.stringify(toJUnit(report))};
        const parsed = new DOMParser().parseFromString(xml, "application/xml");
        return {
          error: parsed.querySelectorAll("parsererror").length,
          suites: parsed.querySelectorAll("testsuites > testsuite").length,
        };
      })()`);
      assertEquals(read, { error: 0, suites: 9 });
    }
  });
});
