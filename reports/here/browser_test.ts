import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "node:path";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { hostileResults, sampleResults } from "../../results/sample_testing.ts";
import type { Results } from "../../results/schema.ts";
import { parseResults } from "../../results/validate.ts";
import { violations } from "../axe_testing.ts";
import { bundleClient, bundleProgram } from "../bundle.ts";
import { computeExample } from "../example.ts";
import { renderReport } from "../html.tsx";
import { Opened } from "../page_testing.ts";
import { respond } from "../serve/pages.ts";

const options = {
  client: await bundleClient(),
  program: await bundleProgram(),
  example: await computeExample(),
};

/** Chooses kernels, a workload, and few cases of the verifier, and presses Run. */
async function run(page: Opened, kernels: readonly string[], workload: string): Promise<void> {
  await page.value(`(() => {
    for (const box of document.querySelectorAll("[data-kernel]")) {
      box.checked = ${JSON.stringify(kernels)}.includes(box.dataset.kernel);
    }
    const choice = document.querySelector("[data-here-workload]");
    choice.value = [...choice.options].find((one) => one.text === ${
    JSON.stringify(workload)
  }).value;
    document.querySelector("[data-here-effort]").value = "smoke";
    document.querySelector("[data-do=run]").click();
  })()`);
}

const said = `document.querySelector("[data-said]").textContent`;

/** Waits until the page says something, at most two minutes, which a busy machine may take. */
async function waitFor(page: Opened, pattern: RegExp): Promise<string> {
  await page.page.waitForFunction(`${pattern}.test(${said})`, { timeout: 120_000, polling: 50 });
  return await page.value<string>(said);
}

/** What the button for the file hands out. */
async function downloaded(page: Opened): Promise<Results> {
  const href = await page.value<string>(`(() => {
    let found = "";
    HTMLAnchorElement.prototype.click = function () { found = this.href; };
    document.querySelector("[data-do=download]").click();
    return found;
  })()`);
  return parseResults(decodeURIComponent(href.replace(/^data:[^,]*,/, "")));
}

testWhere(whyNoChromium(), "kernels in the reader's browser", async (t) => {
  await using chromium = await startChromium();
  const { browser } = chromium;

  await t.step("run on a page that is a file, are drawn, and make a file of results", async () => {
    await using report = await Opened.open(browser, await renderReport(sampleResults(), options));
    assertEquals(await report.value(`document.querySelector("[data-here]").hidden`), false);
    const before = await report.pixels("by-size");
    await run(report, ["wasm-simd"], "square-64");
    assertMatch(await waitFor(report, /^(Done|The run)/), /^Done/);
    const cells = await report.value<string[]>(
      `[...document.querySelectorAll("[data-found] tbody td")].map((cell) => cell.textContent)`,
    );
    assertEquals(cells[0], "wasm-simd");
    assertMatch(cells.at(-1) ?? "", /^[\d.]+x$/);
    assertEquals(await report.value(`document.querySelector("[data-refused]").children.length`), 0);
    assert(await report.pixels("by-size") !== before, "the chart has nothing new");
    const results = await downloaded(report);
    assertEquals(
      results.results.map((one) => [one.kernel, one.workload, one.verification.status]),
      [
        ["wasm-simd", "square-64", "passed"],
      ],
    );
    assertMatch(results.environment.v8, /^(Chrom|Headless)/);
    assertEquals(await violations(report), []);
    assertEquals(report.faults, []);
  });

  await t.step("end at once when cancelled, and can be run again", async () => {
    await using report = await Opened.open(browser, await renderReport(sampleResults(), options));
    for (let i = 0; i < 2; i++) {
      await run(report, ["naive"], "square-512");
      await waitFor(report, /^verifying naive/);
      // With the keyboard too: the focus is where it is needed next.
      await report.page.focus("[data-do=cancel]");
      await report.page.keyboard.press("Enter");
      assertEquals(await report.value(said), "Cancelled.");
      assertEquals(await report.value("document.activeElement.dataset.do"), "run");
      const states = `["run", "cancel", "download"]
        .map((name) => document.querySelector("[data-do=" + name + "]").disabled)`;
      assertEquals(await report.value(states), [false, true, true]);
    }
    // Twice in a row before the program is there: what was started first must not go on.
    await report.value(`for (const name of ["run", "cancel", "run", "cancel"]) {
      document.querySelector("[data-do=" + name + "]").click();
    }`);
    assertEquals(await report.value(said), "Cancelled.");
    const deadline = Date.now() + 5000;
    while (report.page.workers().length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(report.page.workers().length, 0);
    assertEquals(report.faults, []);
  });

  await t.step("say what is missing, in a page of hostile texts too", async () => {
    const html = await renderReport(hostileResults(), options);
    await using report = await Opened.open(browser, html);
    const why = `document.querySelector('[data-why="wasm-threads"]').textContent`;
    assertMatch(await report.value(why), /cross-origin isolated/);
    await report.value(`document.querySelectorAll("[data-kernel]").forEach((box) => {
      box.checked = false;
    })`);
    await report.page.click("[data-do=run]");
    assertEquals(await report.value(said), "Choose a kernel.");
    // A program that cannot be read, and a browser without workers.
    await report.value(`document.getElementById("program").textContent = "{"`);
    await report.value(`document.querySelector('[data-kernel="naive"]').checked = true`);
    await report.page.click("[data-do=run]");
    assertMatch(await waitFor(report, /^The run/), /^The run cannot start: /);
    await report.page.evaluateOnNewDocument("delete window.Worker");
    await report.page.reload();
    await waitFor(report, /no workers/);
    assertEquals(await report.value(`document.querySelector("[data-do=run]").disabled`), true);
    assertEquals(report.faults, []);
  });

  await t.step("compute with threads where the page is served isolated", async () => {
    const folder = await Deno.makeTempDir();
    const html = await renderReport(sampleResults(), options);
    await Deno.writeTextFile(join(folder, "report.html"), html);
    const root = await Deno.realPath(folder);
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => respond(request, root),
    );
    await using report = await Opened.at(
      browser,
      `http://localhost:${server.addr.port}/report.html`,
      folder,
    );
    await run(report, ["wasm-threads"], "square-64");
    assertMatch(await waitFor(report, /^(Done|The run)/), /^Done/);
    const { kernels, results } = await downloaded(report);
    assertGreater(kernels[0]?.threads ?? 0, 1);
    assertEquals(results[0]?.verification.status, "passed");
    assertEquals(report.faults, []);
  });
});
