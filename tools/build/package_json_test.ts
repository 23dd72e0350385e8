import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { packageJson } from "./package_json.ts";

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
  readonly [field: string]: unknown;
}

const manifest = JSON.parse(packageJson(config)) as Manifest;

Deno.test("packageJson() has name, version and licence of deno.json, and nothing to install", () => {
  const { name, version, license } = manifest;
  assertEquals({ name, version, license }, {
    name: config.name,
    version: config.version,
    license: config.license,
  });
  assertEquals(Object.keys(manifest).filter((key) => /dependencies|scripts/i.test(key)), []);
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
