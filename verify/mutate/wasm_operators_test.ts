import { assert, assertEquals, assertThrows } from "@std/assert";
import { ModuleBuilder } from "../../kernels/wasm/assembler.ts";
import { f64x2, v128 } from "../../kernels/wasm/instructions.ts";
import { tileModule } from "../../kernels/wasm/microkernel.ts";
import { lanesOf, moduleName, patchModule } from "./patch_module.ts";
import { applyWasmEdit, wasmEditsOf, wasmOperators } from "./wasm_operators.ts";

const memory = { minimum: 2, maximum: 16, shared: false };

function tile() {
  return tileModule({
    mr: 4,
    nr: 8,
    depth: 2,
    lanes: 4,
    fused: false,
    add: true,
    slots: { b: 0, c: 8192 },
    memory,
  });
}

Deno.test("wasmEditsOf() changes one instruction each and keeps the length", () => {
  const bytes = tile();
  const edits = wasmEditsOf(bytes);
  assert(edits.length > 200);
  const found = new Set(edits.map(({ operator }) => operator));
  assertEquals(wasmOperators.filter((name) => !found.has(name)), []);
  let valid = 0;
  for (const edit of edits.filter((_, i) => i % 7 === 0)) {
    const changed = applyWasmEdit(bytes, edit);
    assertEquals(changed.length, bytes.length);
    const differing = changed.filter((byte, i) => byte !== bytes[i]).length;
    assert(differing > 0 && differing <= edit.to.length, JSON.stringify(edit));
    if (WebAssembly.validate(changed)) valid++;
  }
  // Only a local may be one of another type.
  assert(valid > edits.length / 7 * 0.8, `${valid}`);
});

Deno.test("wasmEditsOf() replaces instructions of one type: all such modules are valid", () => {
  const bytes = tile();
  const edits = wasmEditsOf(bytes).filter(({ operator }) => operator === "replace instruction");
  assert(edits.length > 10);
  assert(edits.every((edit) => WebAssembly.validate(applyWasmEdit(bytes, edit))));
});

Deno.test("a constant of float64 changes in its upper half, in both lanes or one", () => {
  const module = new ModuleBuilder(memory);
  module.func("f", {}, () => [v128.store(0, f64x2.const(1))]);
  const bytes = module.bytes();
  const made = wasmEditsOf(bytes).filter(({ from }) => from[0] === 0xfd && from[1] === 12).map((
    edit,
  ) => new Float64Array(new Uint8Array(edit.to.slice(2)).buffer));
  const next = 1 + 2 ** -20;
  assertEquals(made.map((lanes) => [...lanes]), [[next, next], [next, 1], [1, -1]]);
});

Deno.test("applyWasmEdit() refuses another module than the one the edit is of", () => {
  const [edit] = wasmEditsOf(tile());
  assertThrows(
    () => applyWasmEdit(tile(), { ...edit!, instruction: edit!.instruction + 1 }),
    Error,
    "is not the one",
  );
});

Deno.test("patchModule() changes the module of that name alone", () => {
  const bytes = tile();
  const { instruction, from, to } = wasmEditsOf(bytes).find(({ operator }) =>
    operator === "replace instruction"
  )!;
  const change = { module: moduleName("tile 8 2 true 4 0 false false 1"), instruction, from, to };
  assertEquals(change.module, "tile 8 2 true 4");
  assertEquals(
    moduleName("finish relu true false false false true 2"),
    "finish relu true false false",
  );
  assertEquals([lanesOf(change), lanesOf({ ...change, module: "thin" }), lanesOf(null)], [
    4,
    null,
    null,
  ]);
  assertEquals(patchModule(change, "tile 8 3 true 4 0 false false 1", bytes), bytes);
  const changed = patchModule(change, "tile 8 2 true 4 65536 false true 2", bytes);
  assert(changed.some((byte, i) => byte !== bytes[i]));
});
