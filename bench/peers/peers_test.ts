import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { errorText } from "../../common/errors.ts";
import { activations } from "../../kernels/activation.ts";
import { requireAll, testWhere } from "../../common/requirements_testing.ts";
import { whyNoKernel } from "../../kernels/kernels_testing.ts";
import { checkOutput } from "../check.ts";
import type { Cell, Contender } from "../contender.ts";
import { createData, type WorkloadData } from "../data.ts";
import type { Workload } from "../workload.ts";
import { openLibrary } from "./openblas.ts";
import { createPeer, type PeerName, peerNames } from "./peers.ts";

function workload(m: number, n: number, k: number, rest: Partial<Workload> = {}): Workload {
  return { name: "", description: "", m, n, k, activation: "linear", useBias: true, ...rest };
}

const workloads: readonly Workload[] = [
  workload(5, 7, 9, { useBias: false }),
  workload(64, 64, 64, { useBias: false }),
  // A row and a column, for which libraries have code of their own.
  workload(1, 19, 33),
  workload(13, 1, 21, { activation: "sigmoid" }),
  ...activations.map((activation) => workload(23, 17, 40, { activation })),
];

const noGpu = await whyNoKernel("webgpu");

/** Why this machine cannot run a peer; null where it can. */
function whyNoPeer(name: PeerName): string | null {
  if (name.endsWith("webgpu")) return noGpu;
  if (!name.startsWith("openblas")) return null;
  try {
    openLibrary().close();
    return null;
  } catch (error) {
    return errorText(error);
  }
}

const present = peerNames.filter((name) => whyNoPeer(name) === null);

async function check(
  peer: Contender,
  workload: Workload,
  data: WorkloadData,
  cell: Cell,
): Promise<void> {
  await cell.run();
  await cell.finished();
  const first = await cell.output();
  const { y, z } = await cell.outputs();
  const tolerance = {
    ulp: peer.ulp(workload.activation),
    absolute: peer.absolute?.(workload.activation) ?? 0,
  };
  const { status, detail } = checkOutput(workload, data, z, y, tolerance, 1);
  assertEquals(status, "passed", `${peer.name}: ${detail}`);
  assertEquals(first, y, `${peer.name}: two calls differ`);
  // The session compares the bits of the whole buffer.
  assertEquals(first.byteLength, first.buffer.byteLength);
}

for (const name of peerNames) {
  const missing = whyNoPeer(name);
  // A library of the system can be absent, and then what matters is that this is said.
  if (missing !== null && name.startsWith("openblas") && !requireAll) {
    Deno.test(`${name} says which library this machine lacks`, async () => {
      await assertRejects(() => createPeer(name), Error, missing);
    });
    continue;
  }
  testWhere(
    missing,
    `${name} computes what it supports within its declared error`,
    async () => {
      const { Worker } = globalThis;
      await using peer = await createPeer(name);
      assertEquals([peer.name, peer.peer], [name, true]);
      const supported = workloads.filter((workload) => peer.supports(workload));
      assert(supported.length >= 2);
      for (const workload of supported) {
        const data = createData(workload, 1);
        using cell = await peer.prepare(workload, data);
        await check(peer, workload, data, cell);
      }
      assertStrictEquals(globalThis.Worker, Worker, "Worker was replaced");
    },
    // jax-js keeps its workers, tfjs its timers.
    { sanitizeOps: false, sanitizeResources: false },
  );
}

Deno.test({
  name: "peers in one process do not change each other's results",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const shared = workloads[1]!;
    const data = createData(shared, 2);
    await using stack = new AsyncDisposableStack();
    const pairs: [Contender, Cell][] = [];
    for (const name of present) {
      const peer = stack.use(await createPeer(name));
      pairs.push([peer, stack.use(await peer.prepare(shared, data))]);
    }
    for (const [, cell] of pairs) await cell.run();
    for (const [peer, cell] of pairs) await check(peer, shared, data, cell);
    for (const [peer, cell] of pairs.reverse()) await check(peer, shared, data, cell);
  },
});
