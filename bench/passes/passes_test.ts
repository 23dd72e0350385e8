import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import type { CheckedCell } from "../contender.ts";
import { contenderOf } from "../contenders.ts";
import { createData } from "../data.ts";
import type { NetworkStep, Workload } from "../workload.ts";
import { suites } from "../workloads.ts";
import { prepareForward } from "./forward.ts";
import { prepareGradients } from "./gradients.ts";
import { prepareNetwork } from "./network.ts";

const layer: Workload = {
  name: "layer",
  description: "",
  m: 9,
  n: 17,
  k: 31,
  activation: "relu",
  useBias: true,
};

const network: Workload = {
  ...layer,
  name: "network",
  n: 6,
  activation: "softmax",
  layers: [
    { k: 31, n: 20, activation: "gelu" },
    { k: 20, n: 17, activation: "relu" },
    { k: 17, n: 6, activation: "softmax" },
  ],
};

/** A kernel that is right but for one operation, after which `spoil` is called. */
function spoiled(
  kernel: Kernel,
  operation: "dense" | "matmul" | "sumRows" | "activateGradient",
  spoil: (...args: never[]) => void,
): Kernel {
  return new Proxy(kernel, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const bound: (...args: unknown[]) => unknown = value.bind(target);
      return name !== operation ? bound : (...args: unknown[]) => {
        const result = bound(...args);
        (spoil as (...args: unknown[]) => void)(...args);
        return result;
      };
    },
  });
}

async function check(cell: CheckedCell) {
  await cell.run();
  return await cell.check(1);
}

for (const pass of ["backward", "training"] as const) {
  for (const changed of [{}, { activation: "linear", useBias: false }] as const) {
    const workload: Workload = { ...layer, ...changed, pass };
    const what = `${pass} of a layer with ${workload.activation}`;
    Deno.test(`${what} is verified, and repeats its bits`, async () => {
      await using kernel = await createKernel("blocked");
      using cell = prepareGradients(kernel, workload, 1);
      const { status, detail } = await check(cell);
      assertEquals(status, "passed", detail);
      await cell.run();
      const first = await cell.output();
      for (let i = 0; i < 3; i++) await cell.run();
      assertEquals(await cell.output(), first);
      // A gradient that is 0 everywhere would verify nothing.
      assert(first.some((value) => value !== 0));
    });
  }
}

const faults: readonly (readonly [
  "dense" | "matmul" | "sumRows" | "activateGradient",
  output: number,
  message: string,
])[] = [
  ["matmul", 2, "dw"],
  ["sumRows", 1, "db"],
  ["activateGradient", 4, "dw"],
];

for (const [operation, output, message] of faults) {
  for (const pass of ["backward", "training"] as const) {
    Deno.test(`${pass} with one wrong number in the result of ${operation}() fails`, async () => {
      await using right = await createKernel("blocked");
      let spoils = 0;
      const wrong = spoiled(right, operation, (...args: never[]) => {
        const { data } = args[output] as unknown as { data: Float32Array };
        data[3]! += 2 ** -3;
        spoils++;
      });
      using cell = prepareGradients(wrong, { ...layer, pass }, 1);
      const { status, detail } = await check(cell);
      assert(spoils > 0);
      assertEquals(status, "failed");
      assertStringIncludes(detail, message);
    });
  }
}

Deno.test("training whose update is not written fails", async () => {
  await using kernel = await createKernel("blocked");
  const workload: Workload = { ...layer, pass: "training" };
  using cell = prepareGradients(kernel, workload, 1);
  // Weights that ignore what is written to them once they exist.
  const unwritable = new Proxy(kernel, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "tensor") return typeof value === "function" ? value.bind(target) : value;
      return (...args: Parameters<Kernel["tensor"]>) => {
        const made = target.tensor(...args);
        if (`${made.shape}` === "31,17" && args[1]?.every((value) => value !== 0)) {
          Object.defineProperty(made, "write", { value: () => {} });
        }
        return made;
      };
    },
  });
  using silent = prepareGradients(unwritable, workload, 1);
  assertEquals((await check(cell)).status, "passed");
  const { status, detail } = await check(silent);
  assertEquals(status, "failed");
  assertEquals(detail.startsWith("w"), true, detail);
});

Deno.test("a network is verified layer by layer, and repeats its bits", async () => {
  await using kernel = await createKernel("blocked");
  using cell = prepareNetwork(kernel, network, 1);
  const { status, detail, worst } = await check(cell);
  assertEquals(status, "passed", detail);
  // Softmax of real numbers is rounded: a bound that no error comes near would be too wide.
  assert(worst !== null && worst > 0.01 && worst <= 1, `worst ${worst}`);
  const first = await cell.output();
  await cell.run();
  assertEquals(await cell.output(), first);
  assertEquals(first.length, network.m * network.n);
});

Deno.test("a network with one wrong number in one layer fails", async () => {
  await using right = await createKernel("blocked");
  const wrong = spoiled(right, "dense", (...args: never[]) => {
    const y = args[4] as unknown as { data: Float32Array; shape: readonly number[] };
    if (y.shape.at(-1) === 17) y.data[5]! += 1e-5;
  });
  using cell = prepareNetwork(wrong, network, 1);
  const { status, detail } = await check(cell);
  assertEquals(status, "failed");
  assertStringIncludes(detail, "layer 2");
});

Deno.test("forward-unpacked writes the weights before each call, with the version raised", async () => {
  await using kernel = await createKernel("wasm-simd");
  const workload: Workload = { ...layer, pass: "forward-unpacked" };
  const seen: number[] = [];
  const watched = spoiled(kernel, "dense", (...args: never[]) => {
    seen.push((args[1] as unknown as { version: number }).version);
  });
  using cell = prepareForward(watched, workload, createData(workload, 1));
  for (let i = 0; i < 3; i++) {
    cell.before?.();
    await cell.run();
  }
  assertEquals(new Set(seen).size, 3);
  assertEquals(prepareForward(kernel, layer, createData(layer, 1)).before, undefined);
});

Deno.test("prepareNetwork() adds no bias in a layer without one, and checks it so", async () => {
  await using kernel = await createKernel("naive");
  const biased: boolean[] = [];
  const watched = spoiled(kernel, "dense", (_x: unknown, _w: unknown, bias: unknown) => {
    biased.push(bias !== null);
  });
  const layers = network.layers!.map((one, i) => i === 1 ? { ...one, bias: false as const } : one);
  using cell = prepareNetwork(watched, { ...network, layers }, 1);
  const { status, detail } = await cell.check(1);
  assertEquals(status, "passed", detail);
  assertEquals(biased.slice(0, 3), [true, false, true]);
});

/** Layers of every kind, on examples of two rows. */
const steps: readonly NetworkStep[] = [
  { inputs: 4, units: 6, activation: "tanh", weight: true, bias: true, rows: 2 },
  { inputs: 12, units: 12, activation: { name: "prelu" }, weight: false, bias: false },
  { inputs: 12, units: 12, activation: { name: "affine" }, weight: false, bias: false },
  {
    inputs: 12,
    units: 12,
    activation: { name: "softmax", axis: 1 },
    weight: false,
    bias: false,
    shape: [2, 6],
  },
  { inputs: 12, units: 5, activation: { name: "relu6" }, weight: true, bias: false },
];
const several: Workload = {
  ...layer,
  name: "several",
  n: 5,
  k: 8,
  layers: [
    { k: 4, n: 6, activation: "tanh", rows: 2 },
    { k: 12, n: 5, activation: "relu6", bias: false },
  ],
  steps,
};

Deno.test("a network with layers of every kind is verified, and fails where a formula is wrong", async () => {
  await using kernel = await createKernel("blocked");
  using cell = prepareNetwork(kernel, several, 1);
  const { status, detail, worst } = await check(cell);
  assertEquals(status, "passed", detail);
  assert(worst !== null && worst > 0.01 && worst <= 1, `worst ${worst}`);
  assertEquals((await cell.output()).length, several.m * several.n);
  const denseMap = kernel.denseMap!.bind(kernel);
  Object.assign(kernel, {
    denseMap: (...args: Parameters<typeof denseMap>) => {
      denseMap(...args);
      (args[4] as unknown as { data: Float32Array }).data[3]! += 1e-4;
    },
  });
  using broken = prepareNetwork(kernel, several, 1);
  const found = await check(broken);
  assertEquals(found.status, "failed");
  assertStringIncludes(found.detail, "layer 5");
});

for (const name of await kernelsHere()) {
  Deno.test(`${name} passes the gradients' and networks' own checks`, async () => {
    await using one = contenderOf(await createKernel(name));
    for (const workload of [...suites.networks, several, { ...layer, pass: "training" } as const]) {
      if (workload.name === "net-bert-ffn") continue;
      const small = { ...workload, m: Math.min(workload.m, 7) };
      using cell = await one.prepareOther!(small, 1);
      const { status, detail } = await check(cell);
      assertEquals(status, "passed", `${workload.name}: ${detail}`);
    }
  });
}
