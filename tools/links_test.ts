import { assertEquals } from "@std/assert";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The folders of a checkout that hold what is written by hand. */
const leftOut = /^(?:runs|dist|node_modules|coverage|fixtures|traces|\..*)$/;

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(join(root, folder))) {
    if (leftOut.test(name) && name !== ".github") continue;
    if (isDirectory) yield* filesIn(join(folder, name));
    else if (isFile) yield join(folder, name);
  }
}

const files = [...filesIn("")];
const documents = files.filter((path) => path.endsWith(".md"));
const read = (path: string) => Deno.readTextFileSync(join(root, path));
const isThere = (path: string) => {
  try {
    Deno.statSync(join(root, path));
    return true;
  } catch {
    return false;
  }
};

/** A text without its blocks of code. */
const prose = (text: string) => text.replaceAll(/^```.*?^```$/gms, "");

/** The anchors of a page as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ""] of prose(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").trim().replaceAll(" ", "-");
    let name = anchor;
    for (let i = 1; found.has(name); i++) name = `${anchor}-${i}`;
    found.add(name);
  }
  return found;
}

/** Links of a page to files and anchors of the repository that are not there. */
function brokenLinks(path: string, text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter(
    (link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor = ""] = link.split("#");
      const target = join(dirname(path), file);
      if (file !== "" && !isThere(target)) return true;
      return anchor !== "" && !anchorsOf(file === "" ? text : read(target)).has(anchor);
    },
  );
}

Deno.test("every link in a document leads to a file and a heading that are there", () => {
  const broken = documents.flatMap((path) =>
    brokenLinks(path, read(path)).map((link) => `${path}: ${link}`)
  );
  assertEquals([broken, documents.length > 15], [[], true]);
});

Deno.test("a link to a file or a heading that is not there is found", () => {
  const page = "# A page\n\n[a](#a-page) [b](README.md) [c](no.md) [d](#b) [e](README.md#no)\n";
  assertEquals(brokenLinks("page.md", page), ["no.md", "#b", "README.md#no"]);
});

Deno.test("the documents that code and workflows name are there", () => {
  const named = files.filter((path) => /\.(?:tsx?|ya?ml)$/.test(path)).flatMap((path) =>
    [...read(path).matchAll(/(?<![\w/.])docs\/[\w/-]+\.(?:md|svg|json|webp)\b/g)].map(([name]) => ({
      path,
      name,
    }))
  );
  assertEquals(named.filter(({ name }) => !isThere(name)), []);
});

Deno.test("the tasks that documents and workflows name are there", () => {
  const { tasks } = JSON.parse(read("deno.json")) as { tasks: Record<string, unknown> };
  const texts = files.filter((path) => /\.(?:md|ya?ml)$/.test(path) && path !== "CHANGELOG.md");
  const unknown = texts.flatMap((path) =>
    [...read(path).matchAll(/\bdeno(?:@[\d.]+)? task ([a-z][a-z-]*)/g)].map(([, name = ""]) =>
      `${path}: ${name}`
    ).filter((one) => !Object.hasOwn(tasks, one.split(": ")[1] ?? ""))
  );
  assertEquals(unknown, []);
});
