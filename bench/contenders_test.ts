import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KernelUnavailableError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { createKernel, type KernelName } from "../kernels/registry.ts";
import { canDo } from "./contender.ts";
import { leftOut, makeContenders, VersionError } from "./contenders.ts";
import type { BenchPlan } from "./plan.ts";
import type { Refusals } from "./verified.ts";
import { inPasses, labelOf } from "./workload.ts";
import { suites } from "./workloads.ts";

const plan: BenchPlan = {
  suite: "gemm",
  workloads: suites.gemm,
  kernels: ["blocked", "wasm-threads"],
  named: true,
  peers: [],
  threads: [1, 2],
  rounds: 8,
  launches: 1,
  precision: null,
  seed: 1,
  baseline: "blocked",
  version: null,
};

/** What is made of a plan, with the contenders freed at once. */
async function make(changed: Partial<BenchPlan>, refusals: Refusals = new Map()) {
  const skipped: string[] = [];
  const { contenders, records } = await makeContenders(
    { ...plan, ...changed },
    refusals,
    (name) => skipped.push(name),
  );
  for (const one of contenders) await one[Symbol.asyncDispose]();
  return { names: contenders.map(({ name }) => name), records, contenders, skipped };
}

/** A file with another version's registry. */
async function withRegistry<T>(source: string, use: (registry: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, source);
  try {
    return await use(`file://${file}`);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("makeContenders() makes wasm-threads once for each number of threads, and controls of the baseline and of more threads", async () => {
  const found = await make({});
  assertEquals(found.names, [
    "blocked",
    "wasm-threads:1",
    "wasm-threads:2",
    "blocked-control",
    "wasm-threads:2-control",
  ]);
  assertEquals(found.records.map(({ base, threads, controlOf }) => [base, threads, controlOf]), [
    [undefined, 1, undefined],
    ["wasm-threads", 1, undefined],
    ["wasm-threads", 2, undefined],
    ["blocked", 1, "blocked"],
    ["wasm-threads", 2, "wasm-threads:2"],
  ]);
  // The control is measured on a few workloads, from small to large.
  const control = found.contenders.at(-1)!;
  const chosen = plan.workloads.filter((workload) => canDo(control, workload)).map(labelOf);
  assertEquals(chosen, ["square-128", "square-512", "square-2048"]);
});

Deno.test("makeContenders() makes a control of the first of several baselines, and of no other version", async () => {
  const found = await make({ kernels: ["wasm-threads"], baseline: "wasm-threads" });
  const controls = found.records.flatMap(({ controlOf }) => controlOf ?? []);
  assertEquals(controls, ["wasm-threads:1", "wasm-threads:2"]);
});

Deno.test("makeContenders() makes no control where it is only decided on what was flagged", async () => {
  assertEquals((await make({ kernels: ["blocked"], confirms: true })).names, ["blocked"]);
});

Deno.test("makeContenders() skips a kernel that the verifier refuses, with the reason, and makes no control of it", async () => {
  const refusals = new Map([["blocked", "it computes wrongly"]] as const);
  const { names: found, records, skipped } = await make({}, refusals);
  assertEquals(found, ["wasm-threads:1", "wasm-threads:2", "wasm-threads:2-control"]);
  assertEquals(records[0]?.unavailable, "it computes wrongly");
  assertEquals(skipped, ["blocked"]);
});

Deno.test("makeContenders() skips another version's kernel that throws, and no other", async () => {
  const source =
    `export function createKernel(name) { throw new Error("no " + name + "\\nmore"); }`;
  await withRegistry(source, async (registry) => {
    const version = { label: "old", registry };
    const { names: found, records } = await make({ kernels: ["blocked"], version });
    assertEquals(found, ["blocked", "blocked-control"]);
    const old = records.find(({ version }) => version === "old");
    assertEquals([old?.name, old?.unavailable], ["blocked@old", "no blocked"]);
  });
});

Deno.test("makeContenders() says in one line why a version cannot be loaded", async () => {
  const wrong = {
    "export const other = 1;": "exports no createKernel()",
    "throw new Error('broken\\nsecond line')": "broken",
    "import './nowhere.ts';": "nowhere.ts",
  };
  for (const [source, reason] of Object.entries(wrong)) {
    await withRegistry(source, async (registry) => {
      const { message } = await assertRejects(
        () => make({ version: { label: "old", registry } }),
        VersionError,
      );
      assertStringIncludes(message, reason);
      assertEquals(message.includes("\n"), false);
    });
  }
});

Deno.test("canDo() allows peers the forward passes of layers alone", async () => {
  const { contenders } = await make({ kernels: ["blocked"], peers: ["ml-matrix"] });
  const workloads = [
    ...inPasses([suites.gemm[0]!], ["forward", "forward-unpacked", "backward", "training"]),
    suites.networks[0]!,
  ];
  const can = contenders.slice(0, 2).map((one) => workloads.map((each) => canDo(one, each)));
  assertEquals(can, [[true, true, true, true, true], [true, false, false, false, false]]);
});

Deno.test("leftOut() knows before verification that a software GPU is not timed, unless it is named", async () => {
  const asked: string[] = [];
  const on = (device: string) => async (name: KernelName): Promise<Kernel> => {
    asked.push(name);
    const kernel = await createKernel("naive");
    return Object.assign(Object.create(kernel), {
      traits: { ...kernel.traits, device },
      [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
    });
  };
  const kernels = ["naive", "webgpu"] as const;
  const software = on("WebGPU, some GPU, software");
  const found = await leftOut({ kernels, named: false }, software);
  assertEquals([...found.keys()], ["webgpu"]);
  assertStringIncludes(found.get("webgpu") ?? "", "Consider --kernels webgpu");
  assertEquals([...await leftOut({ kernels, named: true }, software)], []);
  assertEquals([...await leftOut({ kernels, named: false }, on("WebGPU, some GPU"))], []);
  const absent = () => Promise.reject(new KernelUnavailableError("no adapter"));
  for (const named of [false, true]) {
    assertEquals([...await leftOut({ kernels, named }, absent)], [["webgpu", "no adapter"]]);
  }
  // No other kernel is made for it.
  assertEquals(new Set(asked), new Set(["webgpu"]));
});
