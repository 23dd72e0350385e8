import { assert, assertEquals } from "@std/assert";
import { patchShader } from "./patch_module.ts";
import { applyWgslEdit, wgslEditsOf, wgslOperators } from "./wgsl_operators.ts";

const snapshots = new URL("../../kernels/webgpu/snapshots/", import.meta.url);
const programs = [...Deno.readDirSync(snapshots)].map(({ name }) =>
  Deno.readTextFileSync(new URL(name, snapshots))
);

Deno.test("wgslEditsOf() changes one token of a line, by every operator", () => {
  const edits = wgslEditsOf(["  acc.x = fma(a, 2u, min(b, 0.5));\n  if (i < p.m) { }"]);
  assertEquals(edits.map(({ to }) => to), [
    "",
    "acc.y = fma(a, 2u, min(b, 0.5));",
    "acc.x = fma(a, 3u, min(b, 0.5));",
    "acc.x = fma(a, 1u, min(b, 0.5));",
    "acc.x = fma(a, 0u, min(b, 0.5));",
    "acc.x = fma(a, 4u, min(b, 0.5));",
    "acc.x = fma(a, 2u, max(b, 0.5));",
    "acc.x = fma(a, 2u, min(b, 0.5001220703125));",
    "acc.x = fma(a, 2u, min(b, 0.0));",
    "if (i <= p.m) { }",
  ]);
  const found = new Set(wgslEditsOf(programs).map(({ operator }) => operator));
  assertEquals(wgslOperators.filter((name) => !found.has(name)), []);
});

Deno.test("wgslEditsOf() leaves declarations and types alone", () => {
  const text =
    "@workgroup_size(8, 8)\nvar<workgroup> t: array<vec4f, 128>;\nstruct P { m: u32 }\n}";
  assertEquals(wgslEditsOf([text]), []);
  assertEquals(wgslEditsOf(["let a = array<vec4<f32>, n>();"]), []);
});

Deno.test("patchShader() changes the programs that have the line alone", () => {
  const edits = wgslEditsOf(programs);
  assert(edits.length > 500);
  const [edit] = edits;
  assertEquals(applyWgslEdit("other;", edit!), null);
  const shader = { from: "a += b;", to: "a -= b;" };
  assertEquals(patchShader({ shader }, "key", "{\n  a += b;\n}"), "{\na -= b;\n}");
  assertEquals(patchShader({ shader }, "key", "{\n  a + b;\n}"), "{\n  a + b;\n}");
});
