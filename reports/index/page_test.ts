import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hostile, hostileResults } from "../../results/sample_testing.ts";
import { assertSound, elements, tableOf, textOf } from "../markup_testing.ts";
import { renderIndex } from "./page.tsx";
import { addressOf } from "./pages.ts";
import { folderOfRuns } from "./runs_testing.ts";

const client = "console.log('a stand-in for the browser code')";
const found = folderOfRuns();
const linksOf = (html: string) =>
  [...html.matchAll(/ href="(?!#|data:)([^"]*)"/g)].map(([, href]) => href ?? "");

Deno.test("renderIndex() needs nothing but itself, and is sound HTML", async () => {
  assertSound(await renderIndex(found, client));
  assertSound(await renderIndex(found, null));
  const empty = await renderIndex({ runs: [], problems: [], earlier: 0, pages: [] }, client);
  assertStringIncludes(textOf(empty), "No run here can be read");
});

Deno.test("renderIndex() says what stepped last, and links to every page and file of every run", async () => {
  const html = await renderIndex(found, client);
  assertStringIncludes(
    /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? "",
    "7 runs on 2 machines; latest step: naive on ",
  );
  assertStringIncludes(textOf(html), "1.50x as slow since 2026-11-04, from c3 to c4");
  const links = linksOf(html);
  for (const page of found.pages) assert(links.includes(addressOf(page)), page);
  for (const { path } of found.runs) {
    assert(links.includes(addressOf(path.replace("/runs/", ""))), path);
  }
  assertEquals(new Set(links).size, links.length);
});

Deno.test("renderIndex() draws a trend of each workload with two runs, and has all of its numbers in a table", async () => {
  const html = await renderIndex(found, null);
  assertEquals(html.match(/<svg class="plot"/g)?.length, 12);
  assertStringIncludes(textOf(html), "a trend needs a workload that two runs have");
  const table = tableOf(html, "machine-2-trends");
  // Six kernels and peers on twelve workloads, without the two that have no time, and the best.
  assertEquals(table.match(/<tr/g)?.length, 1 + 12 + 70);
  assertEquals(textOf(table).match(/1\.50x as slow/g)?.length, 12);
});

Deno.test("renderIndex() lists runs that cannot be read with the reason, and their pages", async () => {
  const broken = textOf(tableOf(await renderIndex(found, client), "broken-runs"));
  for (
    const text of [
      "2026-11-08T10-00-00-quick the file is not JSON report.html",
      "2026-11-09T10-00-00-quick there is no such file",
    ]
  ) assertStringIncludes(broken, text);
});

Deno.test("renderIndex() folds all but the latest runs", async () => {
  const runs = Array.from({ length: 4 }, () => found.runs).flat().map((run, i) => ({
    ...run,
    path: `/runs/${i}/results.json`,
  }));
  const html = await renderIndex({ ...found, runs, pages: [] }, client);
  assertEquals(tableOf(html, "latest-runs").match(/<tr/g)?.length, 11);
  assertEquals(tableOf(html, "earlier-runs").match(/<tr/g)?.length, 1 + 28 - 10);
  assertEquals(html.includes("not on this page"), false);
  const more = await renderIndex({ ...found, earlier: 3 }, client);
  assertStringIncludes(textOf(more), "3 earlier runs are not on this page.");
});

Deno.test("renderIndex() makes no markup and no foreign address of hostile names", async () => {
  const names = [
    hostile.markup.replaceAll("/", "_"),
    "javascript:alert(1)",
    "\ud800 broken",
    `${hostile.reordered}?#%zz"'`,
    "..%2f",
    "\nline\u0000",
  ];
  const rename = (folder: string) => ({
    ...found,
    runs: found.runs.map((run, i) => ({
      ...run,
      path: `/runs/${folder}${i}/results.json`,
    })),
    problems: found.problems.map(({ reason }) => ({
      path: `/runs/${folder}/results.json`,
      reason: reason + hostile.markup,
    })),
    pages: [`${folder}/report.html`, `${folder}.html`],
  });
  const tame = await renderIndex(rename("a"), client);
  for (const name of names) {
    const html = await renderIndex(rename(name), client);
    assertEquals(elements(html), elements(tame), name);
    // The program, deflated, and what inflates it.
    assertEquals(html.match(/<script/g)?.length, 2);
    assertEquals(/<img|<!--|[\u202a-\u202e\u2066-\u2069]/.test(html), false);
    for (const link of linksOf(html)) assertEquals(/^\.\/[^:?#"<>\s]+$/.test(link), true, link);
  }
  const texts = await renderIndex({
    ...found,
    runs: [{ path: "/runs/a/results.json", results: hostileResults() }],
  }, client);
  assertEquals(texts.match(/<script/g)?.length, 2);
  assertEquals(/<img/.test(texts), false);
});

Deno.test("addressOf() leads nowhere but into the folder", () => {
  const base = "http://localhost:8123/";
  for (
    const path of ["javascript:x", "//evil.example/a.html", "a b/ü.html", "?q", "#h", "%2e%2e"]
  ) {
    const { origin, pathname, search, hash } = new URL(addressOf(path), base);
    assertEquals([origin + "/", search, hash], [base, "", ""], path);
    if (!path.startsWith("//")) assertEquals(decodeURIComponent(pathname), `/${path}`);
  }
});
