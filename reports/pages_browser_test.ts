import { assertEquals } from "@std/assert";
import { startChromium, whyNoChromium } from "../common/chromium_testing.ts";
import { testWhere } from "../common/requirements_testing.ts";
import type { Calibration } from "../results/calibration/schema.ts";
import type { Mutation } from "../results/mutation/schema.ts";
import { sampleResults } from "../results/sample_testing.ts";
import { sampleVerification } from "../results/verification/sample_testing.ts";
import { violations } from "./axe_testing.ts";
import { renderCalibration } from "./calibration/page.tsx";
import { computeExample } from "./example.ts";
import { renderReport } from "./html.tsx";
import { renderMutation } from "./mutation/page.tsx";
import { Opened } from "./page_testing.ts";
import { renderVerification } from "./verification/page.tsx";

/** What a file of the documentation holds. */
async function documented(path: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(new URL(`../docs/${path}`, import.meta.url)));
}

/** The documented survivors, in the form of a run. */
async function someMutants(): Promise<Mutation> {
  const { survivors, ...run } = await documented("mutation/mutation.json") as
    & Omit<Mutation, "mutants">
    & { readonly survivors: Mutation["mutants"] };
  // Of rows no more than needed, since axe takes its time.
  return { ...run, mutants: survivors.slice(0, 20) };
}

testWhere(whyNoChromium(), "the pages without scripts in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;
  const pages = {
    verification: await renderVerification(sampleVerification()),
    mutation: await renderMutation(await someMutants()),
    calibration: await renderCalibration(await documented("calibration/quiet.json") as Calibration),
  };

  for (const [name, html] of Object.entries(pages)) {
    for (const width of [320, 1440]) {
      for (const dark of [false, true]) {
        const how = `${width} pixels wide, ${dark ? "dark" : "light"}`;
        await t.step(`the page of ${name} is clean by axe, ${how}`, async () => {
          await using opened = await Opened.open(browser, html, { width, dark });
          assertEquals(await violations(opened), []);
          assertEquals(await opened.value("document.documentElement.scrollWidth"), width);
          assertEquals(opened.faults, []);
        });
      }
    }
  }

  await t.step(
    "a report keeps its marks in forced colours, and its contrast where more is asked for",
    async () => {
      const html = await renderReport(sampleResults(), {
        client: null,
        example: await computeExample(),
      });
      await using opened = await Opened.open(browser, html);
      const look = `(() => {
      const cell = document.querySelector("#matrix td");
      cell.classList.add("tie");
      const root = getComputedStyle(document.documentElement);
      const color = (name) => root.getPropertyValue("--" + name).trim();
      return [getComputedStyle(cell).outlineStyle, color("faint") === color("ink")];
    })()`;
      const session = await opened.page.createCDPSession();
      const emulate = (name: string, value: string) =>
        session.send("Emulation.setEmulatedMedia", { features: [{ name, value }] });
      assertEquals(await opened.value(look), ["none", false]);
      await emulate("forced-colors", "active");
      assertEquals(await opened.value(look), ["dashed", true]);
      await emulate("prefers-contrast", "more");
      assertEquals(await opened.value(look), ["none", true]);
    },
  );
});
