import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { runDeno } from "../../common/deno_testing.ts";
import { DownloadError, downloadPackages, reasonOf } from "./download.ts";

/** In place of `deno cache`: writes this, and ends with this code. */
function writing(text: string, code: number): (file: URL) => Deno.Command {
  const script = `Deno.stderr.writeSync(new TextEncoder().encode(${JSON.stringify(text)}));
    Deno.exit(${code});`;
  return () =>
    new Deno.Command(Deno.execPath(), { args: ["eval", script], stderr: "piped", stdout: "null" });
}

const file = new URL("./openblas.ts", import.meta.url);
const asked = "Download https://npm.example/a\nDownload https://npm.example/a/-/a-1.tgz\n";
const refused = `${asked}error: Failed caching npm package 'a@1'
    0: error sending request for url (https://npm.example/a): client error (Connect)
    1: Connection refused (os error 111)

Stack backtrace:
   0: <unknown>
`;

Deno.test("reasonOf() says in a line what was wanted and why it failed", () => {
  assertEquals(
    reasonOf(refused),
    "Failed caching npm package 'a@1' (error sending request for url (https://npm.example/a): client error (Connect))",
  );
  assertEquals(
    reasonOf("error: The lockfile is out of date.\n\nStack backtrace:\n   0: <unknown>\n"),
    "The lockfile is out of date.",
  );
  assertEquals(reasonOf(""), "Deno does not say why");
});

Deno.test("downloadPackages() tells how many packages it asked for, and rejects where one fails", async () => {
  const counts: number[] = [];
  const onPackage = (count: number) => void counts.push(count);
  await downloadPackages(file, onPackage, writing(asked, 0));
  assertEquals(counts, [1]);
  await assertRejects(
    () => downloadPackages(file, () => {}, writing(refused, 1)),
    DownloadError,
    "its packages could not be downloaded from npm: Failed caching npm package 'a@1' (error",
  );
});

Deno.test("downloadPackages() is silent where nothing is missing", async () => {
  await downloadPackages(file, () => {
    throw new Error("nothing was to be downloaded");
  });
});

/** The files and packages that Deno loads before a program of these files starts, types aside. */
async function loadedBy(path: string): Promise<string[]> {
  const url = new URL(`../../${path}`, import.meta.url);
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const { stdout } = await runDeno(["info", "--json", `--config=${config}`, url.href]);
  const { modules } = JSON.parse(stdout) as {
    modules: {
      specifier: string;
      dependencies?: { code?: { specifier: string }; npmPackage?: string }[];
    }[];
  };
  return modules.flatMap(({ specifier, dependencies = [] }) => [
    specifier,
    ...dependencies.flatMap(({ code }) => code?.specifier ?? []),
  ]).flatMap((specifier) => /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(specifier)?.[1] ?? []);
}

for (const path of ["bench/cli.ts", "bench/launch.ts", "verify/cli.ts", "verify/worker.ts"]) {
  Deno.test(`${path} loads no package but the few that it always needs`, async () => {
    const allowed = ["deno-std", "preact", "preact-render-to-string"];
    const found = new Set(await loadedBy(path));
    assertEquals([...found].filter((name) => !allowed.includes(name)), []);
  });
}

Deno.test("a peer's own file loads its package, so that the test above would see it", async () => {
  assertEquals((await loadedBy("bench/peers/ml_matrix.ts")).includes("ml-matrix"), true);
});
