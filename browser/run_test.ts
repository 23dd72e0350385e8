import { assert, assertEquals, assertMatch } from "@std/assert";
import { createKernel } from "../mod.ts";
import { KernelUnavailableError } from "../common/errors.ts";
import type { Kernel } from "../kernels/kernel.ts";
import { toJson } from "../results/json.ts";
import type { Results } from "../results/schema.ts";
import { parseResults } from "../results/validate.ts";
import { checks, verifyKernel } from "../verify/verify.ts";
import type { Workload } from "../bench/workload.ts";
import type { News, Order } from "./protocol.ts";
import { runHere, type Surroundings } from "./run.ts";

const small: Workload = {
  name: "small",
  description: "",
  m: 3,
  n: 4,
  k: 5,
  activation: "relu",
  useBias: true,
};
const order: Order = {
  kernels: ["naive"],
  workloads: [small],
  suite: "quick",
  version: "1",
  effort: "smoke",
  seed: 1,
  rounds: 6,
};

/** One check is enough to see whether a kernel is judged. */
const verify: typeof verifyKernel = (kernel, options) =>
  verifyKernel(kernel, { ...options, checks: checks.filter(({ name }) => name === "freivalds") });

/** Runs an order and returns what was told, and the last results. */
async function told(changes: Partial<Order>, surroundings: Partial<Surroundings> = {}) {
  const news: News[] = [];
  await runHere({ ...order, ...changes }, {
    create: (name) => createKernel(name),
    navigator: { userAgent: "Firefox/1.0" },
    tell: (one) => void news.push(one),
    verify,
    ...surroundings,
  });
  const found = news.flatMap((one) => one.what === "found" ? [one.results] : []);
  return { news, found, last: found.at(-1) as Results };
}

/** A kernel whose products become wrong once so many were computed. */
function spoiled(kernel: Kernel, after: number): Kernel {
  let calls = 0;
  return new Proxy(kernel, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key !== "dense") return value.bind(target);
      return (...args: Parameters<Kernel["dense"]>) => {
        target.dense(...args);
        if (++calls > after) args[4].write(new Float32Array(args[4].size).fill(0.5));
      };
    },
  });
}

Deno.test("runHere() verifies, times, and gives a file that every command accepts", async () => {
  const layers = [{ k: 5, n: 3, activation: "relu" as const }, {
    k: 3,
    n: 4,
    activation: "linear" as const,
  }];
  const backward: Workload = { ...small, name: "back", pass: "backward" };
  const network: Workload = { ...small, name: "network", activation: "linear", layers };
  const { news, found, last } = await told({
    kernels: ["naive", "wasm-simd"],
    workloads: [small, backward, network],
  });
  assertEquals(found.map(({ partial }) => partial), [true, true, false]);
  assertEquals(parseResults(toJson(last)), last);
  assertEquals(last.results.map(({ kernel, workload }) => `${kernel} ${workload}`), [
    "naive small",
    "wasm-simd small",
    "naive back",
    "wasm-simd back",
    "naive network",
    "wasm-simd network",
  ]);
  for (const { verification, seconds, roundMedians, gflops } of last.results) {
    assertEquals(verification.status, "passed");
    assertEquals(roundMedians.length, 6);
    assert(seconds !== null && seconds.median > 0 && gflops !== null && gflops > 0);
  }
  assertEquals(last.engine, "plain");
  const shares = news.flatMap((one) => one.what === "doing" ? [one.share] : []);
  assertEquals(shares, shares.toSorted((a, b) => a - b));
  assertEquals(news.at(-1), { what: "ended" });
});

Deno.test("runHere() times nothing of a kernel that the verifier does not pass, and says why", async () => {
  const { news, last } = await told({ kernels: ["naive", "blocked"] }, {
    create: async (name) => {
      const kernel = await createKernel(name);
      return name === "blocked" ? spoiled(kernel, 0) : kernel;
    },
  });
  assertEquals(last.results.map(({ kernel }) => kernel), ["naive"]);
  const refused = news.find((one) => one.what === "refused");
  assertEquals([refused?.kernel, refused?.wrong], ["blocked", true]);
  assertMatch(refused?.reason ?? "", /^the verifier did not pass it: freivalds\//);
  assertMatch(last.kernels[1]?.unavailable ?? "", /did not pass/);
  assertEquals(parseResults(toJson(last)), last);
});

Deno.test("runHere() takes back a time where a later call computes something else", async () => {
  const { last } = await told({}, {
    create: async () => spoiled(await createKernel("naive"), 4),
    verify: async (kernel, options) => ({
      ...await verifyKernel(kernel, { ...options, checks: [] }),
      passed: true,
    }),
  });
  const [result] = last.results;
  assertEquals(result?.verification.status, "failed");
  assertMatch(result?.verification.detail ?? "", /did not repeat/);
  assertEquals([result?.seconds, result?.gflops, result?.roundMedians], [null, null, []]);
  assertEquals(parseResults(toJson(last)), last);
});

Deno.test("runHere() says which kernels cannot run, and ends where none can", async () => {
  const create = (name: string): Promise<Kernel> =>
    Promise.reject(
      name === "webgpu" ? new KernelUnavailableError("no adapter") : new Error("broken\nstack"),
    );
  const { news, last } = await told({ kernels: ["webgpu", "naive"] }, { create });
  const refused = news.flatMap((one) => one.what === "refused" ? [[one.reason, one.wrong]] : []);
  assertEquals(refused, [["no adapter", false], ["broken", true]]);
  assertEquals(last.results, []);
  assertEquals(parseResults(toJson(last)), last);
});

Deno.test("runHere() goes on with the other workloads where one throws", async () => {
  const { last } = await told({
    workloads: [{ ...small, name: "huge", m: 3e5, n: 3e5, k: 1 }, small],
  });
  assertEquals(last.results.map(({ verification }) => verification.status), ["error", "passed"]);
  assertEquals(parseResults(toJson(last)), last);
});
