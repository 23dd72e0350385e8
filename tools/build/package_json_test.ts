import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { modelDependencies } from "./dependencies.ts";
import { packageJson } from "./package_json.ts";

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
  readonly [field: string]: unknown;
}

const manifest = JSON.parse(packageJson(config, modelDependencies())) as Manifest;

Deno.test("packageJson() has name, version and licence of deno.json, and installs what reads model files alone", () => {
  const { name, version, license } = manifest;
  assertEquals({ name, version, license }, {
    name: config.name,
    version: config.version,
    license: config.license,
  });
  assertEquals(Object.keys(manifest).filter((key) => /dependencies|scripts/i.test(key)), [
    "dependencies",
  ]);
  assertEquals(manifest.dependencies, { "@zip.js/zip.js": "2.24.0" });
});

Deno.test("packageJson() exports what deno.json does, each with its types first", () => {
  for (const entry of Object.keys(config.exports)) {
    const files = manifest.exports[entry] as Record<string, string> | undefined;
    assert(files, entry);
    assertEquals(Object.keys(files), ["types", "default"]);
    assertMatch(files.types ?? "", /^\.\/\w+\.d\.ts$/);
    assertMatch(files.default ?? "", /^\.\/\w+\.js$/);
  }
});
