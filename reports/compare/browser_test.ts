import { assertEquals, assertGreater, assertGreaterOrEqual, assertMatch } from "@std/assert";
import { join } from "node:path";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { inFolder } from "../../common/deno_testing.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { toJson } from "../../results/json.ts";
import { hostile, hostileResults, sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { violations } from "../axe_testing.ts";
import { bundleClient } from "../bundle.ts";
import { computeExample } from "../example.ts";
import { renderReport } from "../html.tsx";
import { renderMerged } from "../merge/page.tsx";
import { type How, Opened, visible } from "../page_testing.ts";
import { ofMachine, timesScaled } from "./pairs_testing.ts";

const own = sampleResults();
const other: Results = ofMachine(
  timesScaled(own, ({ kernel }) => kernel === "wasm-simd" ? 0.5 : kernel === "naive" ? 2 : 1),
  { commit: null },
);

testWhere(whyNoChromium(), "comparisons in a browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;
  const client = await bundleClient();
  const example = await computeExample();
  const two = await renderMerged({ runs: [own, other], foreign: [] }, client);
  const one = await renderReport(own, { client, example });
  const ways: How[] = [{ width: 320 }, { width: 1440 }, { width: 320, dark: true }, {
    width: 1440,
    dark: true,
  }];

  /** Gives files to the page of one run, and waits until it has taken them. */
  const give = async (opened: Opened, files: Readonly<Record<string, string>>) =>
    await inFolder(async (folder) => {
      const paths = [];
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(join(folder, name), text);
        paths.push(join(folder, name));
      }
      const input = await opened.page.$("[data-compare] input[type=file]");
      await input?.uploadFile(...paths);
      await opened.page.waitForFunction(
        `/compared/.test(document.querySelector("[data-compare] [data-said]").textContent)`,
      );
    });
  const titles = `[...document.querySelectorAll("[data-compared] h3")]
    .map((one) => one.textContent).filter((text) => !text.startsWith("Speed"))`;
  const lines = `[...document.querySelectorAll("[data-compare] .refused li")]
    .map((one) => one.textContent)`;

  for (const how of ways) {
    const name = `${how.width} pixels wide, ${how.dark ? "dark" : "light"}`;
    await t.step(`the page of two runs is sound for everybody, ${name}`, async () => {
      await using opened = await Opened.open(browser, two, how);
      assertEquals(await violations(opened), []);
      assertEquals(await opened.value("document.documentElement.scrollWidth"), how.width);
      assertEquals(opened.faults, []);
    });
    await t.step(`so is a comparison in the page of one, ${name}`, async () => {
      await using opened = await Opened.open(browser, one, how);
      await give(opened, { "results.json": toJson(other) });
      assertEquals(await violations(opened), []);
      assertEquals(await opened.value("document.documentElement.scrollWidth"), how.width);
      assertEquals(opened.faults, []);
    });
  }

  await t.step("draws each kernel of two runs in its colour, and one alone by a key", async () => {
    await using opened = await Opened.open(browser, two);
    const color = (i: number) =>
      opened.value<string>(
        `getComputedStyle(document.documentElement).getPropertyValue("--s${i}").trim()`,
      );
    const id = "compare-1-ratios";
    for (const i of [0, 1, 4, 6]) assertGreater(await opened.pixels(id, await color(i)), 20);
    const said = `document.querySelector('[data-chart="${id}"] [role=status]').textContent`;
    await opened.value(`document.getElementById("${id}").focus()`);
    await opened.page.keyboard.press("ArrowRight");
    assertMatch(await opened.value(said), /^\S+, naive: 0\.50x as fast in B \(.+\), slower$/);
    await opened.page.keyboard.press("Enter");
    assertEquals(await opened.pixels(id, await color(0)), 0);
    await opened.page.keyboard.press("Escape");
    assertGreater(await opened.pixels(id, await color(0)), 20);
    assertEquals(opened.faults, []);
  });

  await t.step("has the verdicts of two runs without JavaScript", async () => {
    await using opened = await Opened.open(browser, two, { script: false });
    assertEquals(await opened.value(visible("#compare-1-verdicts, #runs-differing")), [true, true]);
    assertEquals((await opened.value<boolean[]>(visible("canvas"))).includes(true), false);
    assertEquals(opened.faults, []);
  });

  await t.step("compares files with the page's run by the parts of the page of two", async () => {
    const title = "wasm-simd is 2.00x as fast in B on 12 of 12 workloads; " +
      "naive is 2.00x as slow in B on 12 of 12 workloads";
    // Times have five digits in the page of one: of each row the names and the verdict are compared.
    const tables = `[
      document.getElementById("compare-1-verdicts").textContent,
      ...[...document.querySelectorAll("#compare-1-all tbody tr")].map((row) =>
        [row.cells[0], row.cells[1], row.cells[5]].map((cell) => cell.textContent).join(" ")
      ),
    ]`;
    let expected: string[];
    {
      await using whole = await Opened.open(browser, two);
      assertEquals(await whole.value(`document.querySelector("h1").textContent`), title);
      expected = await whole.value(tables);
    }
    await using opened = await Opened.open(browser, one);
    await give(opened, { "results.json": toJson(other) });
    assertEquals(await opened.value(titles), [title]);
    assertEquals(await opened.value(`document.querySelectorAll("h1").length`), 1);
    assertEquals(await opened.value(tables), expected);
    assertGreater(await opened.pixels("compare-1-ratios"), 100);
    const first = `document.querySelector("#compare-1-verdicts tbody td").dataset.value`;
    await opened.page.click("#compare-1-verdicts thead th:nth-child(2) button");
    const least = Number(await opened.value<string>(first));
    await opened.page.click("#compare-1-verdicts thead th:nth-child(2) button");
    assertGreaterOrEqual(Number(await opened.value<string>(first)), least);
    await give(opened, { "again.json": toJson(own) });
    assertEquals((await opened.value<string[]>(titles)).length, 2);
    await opened.page.click("[data-compare] [data-do=clear]");
    assertEquals(await opened.value(titles), []);
    assertEquals(opened.faults, []);
  });

  await t.step("takes a file that is dropped anywhere on the page", async () => {
    await using opened = await Opened.open(browser, one);
    await opened.value(`(() => {
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(toJson(other))}], "dropped.json"));
      document.querySelector("h1").dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    })()`);
    await opened.page.waitForSelector("[data-compared] h3");
    assertEquals((await opened.value<string[]>(titles)).length, 1);
    assertEquals(opened.faults, []);
  });

  await t.step("refuses odd files by a line each, and changes nothing for them", async () => {
    await using opened = await Opened.open(browser, one);
    await give(opened, { "good.json": toJson(other) });
    const before = await opened.value(`document.querySelector("[data-compared]").innerHTML`);
    await give(opened, {
      "truncated.json": toJson(other).slice(0, 5000),
      "empty.json": "",
      "schema.json": '{"schema":"densemark-results/9"}',
      "proto.json": '{"__proto__":{"schema":"densemark-results/4"}}',
      "nan.json": toJson(other).replace(/"median":\s*[\d.e-]+/, '"median":NaN'),
      "large.json": " ".repeat(50e6),
      "<img src=x onerror=alert(1)>.json": "x",
    });
    const found = await opened.value<string[]>(lines);
    assertEquals(found.length, 7);
    for (const line of found) assertMatch(line, /^"[^"]+\.json": .{10,300}$/);
    assertEquals(await opened.value(`document.querySelector("[data-compared]").innerHTML`), before);
    assertEquals(await opened.value(`document.querySelectorAll("img").length`), 0);
    // The next good file takes the lines away.
    await give(opened, { "good.json": toJson(own) });
    assertEquals(await opened.value(lines), []);
    assertEquals(opened.faults, []);
  });

  await t.step("shows hostile texts of a file as texts, at 320 pixels", async () => {
    await using opened = await Opened.open(browser, one, { width: 320 });
    const evil = { ...hostileResults(), date: own.date };
    await give(opened, { [`${hostile.formula}.json`]: toJson(evil) });
    assertEquals((await opened.value<string[]>(titles)).length, 1);
    assertEquals(
      await opened.value(`document.querySelectorAll("img, [data-compared] script").length`),
      0,
    );
    assertEquals(await opened.value("document.documentElement.scrollWidth"), 320);
    assertEquals(opened.faults, []);
  });
});
