/**
 * For tests: the kernel webgpu on a second, independent implementation of WebGPU,
 * Dawn in Chromium, on SwiftShader where there is no GPU. A part of what
 * page_testing.ts has, in a page from localhost.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startChromium, whyNoChromium } from "../../common/chromium_testing.ts";
import { stepWhere, testWhere } from "../../common/requirements_testing.ts";
import type { PageTests } from "./page_testing.ts";

// SwiftShader compiles a driver's zeros for workgroup memory as a store for each number, which takes
// seconds for the programs of products. Without this, Dawn writes them by a loop of the program.
const zerosByLoop = "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension";

async function bundle(): Promise<string> {
  const { success, outputFiles, errors } = await Deno.bundle({
    entrypoints: [new URL("page_testing.ts", import.meta.url).href],
    platform: "browser",
    write: false,
  });
  const script = outputFiles?.[0]?.text();
  if (!success || script === undefined) throw new Error(errors[0]?.text ?? "nothing was bundled");
  return script;
}

/** Registers a test with each of the part's as a step; there must be so many at least. */
export function testInBrowser(name: string, part: keyof PageTests, atLeast: number): void {
  testWhere(whyNoChromium(), name, async (t) => {
    const script = await bundle();
    const html = `<!doctype html><meta charset="utf-8"><script type="module">${
      script.replaceAll("</script", "<\\/script")
    }</script>`;
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(html, { headers: { "content-type": "text/html" } }),
    );
    await using chromium = await startChromium("--enable-unsafe-webgpu", zerosByLoop);
    const page = await chromium.browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    // localhost by name is what browsers trust with WebGPU.
    await page.goto(`http://localhost:${server.addr.port}/`);
    const value = async <T>(expression: string) => await page.evaluate(expression) as T;
    const device = await value<string>("page.device()");
    const missing = device.startsWith("none: ") ? `in Chromium, ${device}` : null;
    await stepWhere(t, missing, "a device", () => {
      assertMatch(device, /^WebGPU, .+/);
    });
    if (missing !== null) return;
    const titles = await value<string[]>(`page.titles.${part}`);
    assert(titles.length >= atLeast, `${titles.length} tests`);
    for (const title of titles) {
      await t.step(title, async () => {
        assertEquals(await value(`page.run("${part}", ${JSON.stringify(title)})`), null);
      });
    }
    assertEquals(errors, []);
  });
}
