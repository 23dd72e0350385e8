import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { canDo } from "./contender.ts";
import { gather, VersionError } from "./gather.ts";
import type { Plan } from "./plan.ts";
import { inPasses, labelOf, suites } from "./workloads.ts";

const plan: Plan = {
  suite: "gemm",
  workloads: suites.gemm,
  kernels: ["blocked", "wasm-threads"],
  named: true,
  peers: [],
  threads: [1, 2],
  rounds: 8,
  seed: 1,
  baseline: "blocked",
  version: null,
};

/** What is gathered, with the contenders freed at once. */
async function names(changed: Partial<Plan>, refusal: string | null = null) {
  const absent: string[] = [];
  const proofs = [{ kernel: "blocked" as const, refusal }];
  const { contenders, records } = await gather(
    { ...plan, ...changed },
    proofs,
    (name) => absent.push(name),
  );
  for (const one of contenders) await one[Symbol.asyncDispose]();
  return { names: contenders.map(({ name }) => name), records, contenders, absent };
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

Deno.test("gather() makes wasm-threads once for each number of threads, and a copy of the baseline", async () => {
  const found = await names({});
  assertEquals(found.names, ["blocked", "wasm-threads:1", "wasm-threads:2", "blocked-control"]);
  assertEquals(found.records.map(({ base, threads, controlOf }) => [base, threads, controlOf]), [
    [undefined, 1, undefined],
    ["wasm-threads", 1, undefined],
    ["wasm-threads", 2, undefined],
    ["blocked", 1, "blocked"],
  ]);
  // The copy is measured on a few workloads, from small to large.
  const control = found.contenders.at(-1)!;
  const chosen = plan.workloads.filter((workload) => canDo(control, workload)).map(labelOf);
  assertEquals(chosen, ["square-128", "square-512", "square-2048"]);
});

Deno.test("gather() copies the first of a baseline that takes part several times, and no other version", async () => {
  const found = await names({ kernels: ["wasm-threads"], baseline: "wasm-threads" });
  assertEquals(found.names, ["wasm-threads:1", "wasm-threads:2", "wasm-threads:1-control"]);
  assertEquals(found.records.at(-1)?.controlOf, "wasm-threads:1");
});

Deno.test("gather() leaves out a kernel that the verifier refuses, with the reason, and makes no copy of it", async () => {
  const { names: found, records, absent } = await names({}, "it computes wrongly");
  assertEquals(found, ["wasm-threads:1", "wasm-threads:2"]);
  assertEquals(records[0]?.unavailable, "it computes wrongly");
  assertEquals(absent, ["blocked"]);
});

Deno.test("gather() keeps what another version's kernel throws to that kernel", async () => {
  const source =
    `export function createKernel(name) { throw new Error("no " + name + "\\nmore"); }`;
  await withRegistry(source, async (registry) => {
    const version = { label: "old", registry };
    const { names: found, records } = await names({ kernels: ["blocked"], version });
    assertEquals(found, ["blocked", "blocked-control"]);
    const old = records.find(({ version }) => version === "old");
    assertEquals([old?.name, old?.unavailable], ["blocked@old", "no blocked"]);
  });
});

Deno.test("gather() says in one line why a version cannot be loaded", async () => {
  const wrong = {
    "export const other = 1;": "exports no createKernel()",
    "throw new Error('broken\\nsecond line')": "broken",
    "import './nowhere.ts';": "nowhere.ts",
  };
  for (const [source, reason] of Object.entries(wrong)) {
    await withRegistry(source, async (registry) => {
      const { message } = await assertRejects(
        () => names({ version: { label: "old", registry } }),
        VersionError,
      );
      assertStringIncludes(message, reason);
      assertEquals(message.includes("\n"), false);
    });
  }
});

Deno.test("canDo() gives peers forward passes of layers alone", async () => {
  const { contenders } = await names({ kernels: ["blocked"], peers: ["ml-matrix"] });
  const workloads = [
    ...inPasses([suites.gemm[0]!], ["forward", "forward-unpacked", "backward", "training"]),
    suites.networks[0]!,
  ];
  const can = contenders.slice(0, 2).map((one) => workloads.map((each) => canDo(one, each)));
  assertEquals(can, [[true, true, true, true, true], [true, false, false, false, false]]);
});
