import { assertEquals, assertThrows } from "@std/assert";
import { ModuleBuilder, repeatWhile } from "../../kernels/wasm/assembler.ts";
import { f32x4, i32, i32x4, v128 } from "../../kernels/wasm/instructions.ts";
import { tileModule } from "../../kernels/wasm/microkernel.ts";
import { changeInstructions, instructionsOf, lebOfLength, vector } from "./wasm_code.ts";

const memory = { minimum: 1, maximum: 1, shared: false };

function example(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  module.func("first", { n: "i32" }, ({ n }) => [
    repeatWhile([n.set(i32.sub(n, 1))], n),
  ]);
  module.func("second", { at: "i32" }, ({ at }) => [
    v128.store(at, f32x4.add(v128.load(at, 1000), f32x4.const(1)), 16),
    v128.store(0, i32x4.shuffle(v128.load(0), v128.load(0), 3, 2, 1, 0)),
  ]);
  return module.bytes();
}

Deno.test("instructionsOf() finds every instruction of every function", () => {
  const found = instructionsOf(example());
  assertEquals(found.map(({ func }) => func).filter((func) => func === 0).length, 9);
  assertEquals(found.filter(({ op }) => op === vector(228)).map(({ func }) => func), [1]);
  assertEquals(found.filter(({ op }) => op === vector(13)).length, 1);
  // Nothing lies between two instructions of one function.
  const gaps = found.filter(({ func, start }, i) =>
    i > 0 && found[i - 1]!.func === func && found[i - 1]!.end !== start
  );
  assertEquals(gaps, []);
});

Deno.test("instructionsOf() reads a whole register tile", () => {
  const slots = { b: 0, c: 8192 };
  const options = {
    mr: 2,
    nr: 24,
    depth: 8,
    lanes: 4,
    fused: false,
    add: true,
    slots,
    memory,
  } as const;
  const adds = instructionsOf(tileModule(options)).filter(({ func, op }) =>
    func === 2 && op === vector(228)
  );
  // Each of 8 steps adds 2 x 6 vectors, and the move adds as many.
  assertEquals(adds.length, 8 * 12 + 12);
});

Deno.test("changeInstructions() changes what the code does, and keeps it valid", () => {
  const run = (bytes: Uint8Array<ArrayBuffer>) => {
    const own = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: own },
    });
    new Float32Array(own.buffer, 1000, 4).fill(5);
    (exports.second as (at: number) => void)(0);
    return new Float32Array(own.buffer)[4];
  };
  assertEquals(run(example()), 6);
  const minus = (bytes: Uint8Array) => [...bytes].map((byte, i) => i === 1 ? byte + 1 : byte);
  const changed = changeInstructions(example(), { op: vector(228), which: 0, to: minus });
  assertEquals(run(changed!), 4);
});

Deno.test("changeInstructions() gives null where there is nothing to change, and refuses another length", () => {
  assertEquals(
    changeInstructions(example(), { op: vector(229), which: "all", to: () => [] }),
    null,
  );
  assertEquals(
    changeInstructions(example(), { func: 0, op: vector(228), which: 0, to: () => [] }),
    null,
  );
  assertThrows(
    () => changeInstructions(example(), { op: vector(228), which: 0, to: () => [1] }),
    Error,
    "keep the length",
  );
});

Deno.test("lebOfLength() pads, and refuses what is too large", () => {
  assertEquals(lebOfLength(5, 2), [0x85, 0]);
  assertEquals(lebOfLength(300, 2), [0xac, 2]);
  assertEquals(lebOfLength(300, 1), null);
});
