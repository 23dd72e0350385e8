import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../../common/deno_testing.ts";
import { toJson } from "../../results/json.ts";
import { sampleResults } from "../../results/sample_testing.ts";
import { respond } from "./pages.ts";

const get = (path: string, folder: string, method = "GET") =>
  respond(new Request(`http://localhost${path}`, { method }), folder);

/** Runs `action` with a folder of a run with a page, and a secret beside the folder. */
function withPages(action: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (outer) => {
    const folder = join(await Deno.realPath(outer), "runs");
    const run = join(folder, "2026-01-01 <b>");
    await Deno.mkdir(run, { recursive: true });
    await Deno.writeTextFile(join(run, "report.html"), "<!doctype html>page");
    await Deno.writeTextFile(join(run, "notes.txt"), "private");
    await Deno.writeTextFile(join(outer, "secret.json"), "{}");
    await Deno.symlink(join(outer, "secret.json"), join(run, "link.json"));
    await action(folder);
  });
}

Deno.test("respond() makes every answer cross-origin isolated, and serves pages as pages", () =>
  withPages(async (folder) => {
    const page = await get("/2026-01-01%20%3Cb%3E/report.html", folder);
    assertEquals(await page.text(), "<!doctype html>page");
    assertMatch(page.headers.get("content-type") ?? "", /^text\/html/);
    for (
      const response of [
        page,
        await get("/", folder),
        await get("/none.html", folder),
        await get("/x", folder, "POST"),
      ]
    ) {
      assertEquals(response.headers.get("cross-origin-opener-policy"), "same-origin");
      assertEquals(response.headers.get("cross-origin-embedder-policy"), "require-corp");
    }
  }));

Deno.test("respond() gives out nothing that lies outside or is no page, and takes no other method", () =>
  withPages(async (folder) => {
    const refused = [
      "/../secret.json",
      "/..%2fsecret.json",
      "/2026-01-01%20%3Cb%3E/..%2f..%2fsecret.json",
      "/2026-01-01%20%3Cb%3E/link.json",
      "/2026-01-01%20%3Cb%3E/notes.txt",
      "/2026-01-01%20%3Cb%3E",
      "/%00.html",
      "//secret.json",
    ];
    for (const path of refused) {
      const response = await get(path, folder);
      assertEquals([response.status, await response.text()], [404, "not found\n"], path);
    }
    assertEquals((await get("/%zz.html", folder)).status, 400);
    assertEquals((await get("/", folder, "POST")).status, 405);
    // A foreign name that resolves to this machine (DNS rebinding).
    assertEquals((await respond(new Request("http://evil.example/"), folder)).status, 403);
  }));

Deno.test("respond() shows the runs first, with names as texts, and again when one came", () =>
  withPages(async (folder) => {
    const text = async () => await (await get("/", folder)).text();
    const before = await text();
    assertStringIncludes(
      before,
      '<a href="./2026-01-01%20%3Cb%3E/report.html">2026-01-01 &lt;b>/report.html</a>',
    );
    assertEquals(before.includes("<b>"), false);
    assertStringIncludes(before, "No run here can be read");
    const run = join(folder, "2026-01-02T00-00-00-quick");
    await Deno.mkdir(run);
    assertStringIncludes(await text(), "1 run cannot be read");
    await Deno.writeTextFile(join(run, "results.json"), toJson(sampleResults()));
    const after = await text();
    assertStringIncludes(after, "1 run on 1 machine");
    assertStringIncludes(after, 'href="./2026-01-02T00-00-00-quick/results.json"');
    assertEquals(await text(), after);
  }));
