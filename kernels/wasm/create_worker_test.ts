// How the workers of wasm-threads come to be: of what the caller makes, of the source, or of the text.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Worker as NodeWorker } from "node:worker_threads";
import { runDeno } from "../../common/deno_testing.ts";
import { ArgumentError, KernelUnavailableError } from "../../common/errors.ts";
import type { Kernel, ThreadWorker } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { StubWorker, withGlobal } from "./workers_testing.ts";
import { mayLoad } from "./worker_module.ts";
import { workerText } from "./worker_text.ts";

const source = new URL("./worker.ts", import.meta.url);

/** Expects a kernel of several threads to multiply rightly, and disposes it. */
async function expectRight(kernel: Kernel): Promise<void> {
  await using own = kernel;
  using ones = own.tensor([64, 64], new Float32Array(4096).fill(1));
  using y = own.tensor([64, 64]);
  own.matmul(ones, ones, y);
  assertEquals(await y.read(), new Float32Array(4096).fill(64));
}

const createWith = (createWorker: () => ThreadWorker) =>
  createKernel("wasm-threads", { threads: 3, serialBelow: 0, createWorker });

Deno.test("createKernel() starts the workers that createWorker makes, of either platform", async () => {
  let made = 0;
  await expectRight(
    await createWith(() => {
      made++;
      return new Worker(source, { type: "module" });
    }),
  );
  await expectRight(
    await createWith(() => {
      made++;
      return new NodeWorker(source);
    }),
  );
  assertEquals(made, 4);
});

Deno.test("createKernel() refuses a createWorker that is no function, or makes no worker", async () => {
  await assertRejects(
    () => createWith(5 as never),
    ArgumentError,
    "createKernel()'s option createWorker must be a function that makes a worker; got 5",
  );
  await assertRejects(
    () => createWith(() => ({}) as never),
    ArgumentError,
    "createWorker must return a worker; got an object",
  );
  await assertRejects(
    () =>
      createWith(() => {
        throw new RangeError("not now");
      }),
    KernelUnavailableError,
    "its workers cannot start: not now",
  );
});

/** A worker that is not loaded, of which a browser does not say why. */
class Unloaded extends StubWorker {
  override postMessage(): void {
    queueMicrotask(() => this.fail(""));
  }
}

Deno.test("createKernel() names the directive of a policy that may have kept a worker from loading", async () => {
  await assertRejects(
    () => createWith(() => new Unloaded() as never),
    KernelUnavailableError,
    "its workers cannot start: the worker of createWorker could not be loaded: its URL is wrong, " +
      "or the Content-Security-Policy's worker-src does not allow it",
  );
  // Without Deno, as on a page, workers are made of their text.
  await withGlobal("Deno", undefined, async () => {
    await withGlobal("Worker", Unloaded, async () => {
      await assertRejects(
        () => createKernel("wasm-threads", { threads: 2 }),
        KernelUnavailableError,
        "its workers cannot start: a worker of a blob: URL could not be loaded, perhaps for the " +
          "Content-Security-Policy; add blob: to its worker-src, or give the option createWorker",
      );
    });
  });
});

Deno.test("a worker of the text alone computes like one of the source", async () => {
  const url = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
  await expectRight(await createWith(() => new Worker(url, { type: "module" })));
  URL.revokeObjectURL(url);
});

Deno.test("wasm-threads needs no permission, not even to read its own source", async () => {
  const registry = new URL("../registry.ts", import.meta.url);
  const code = `
    import { createKernel } from ${JSON.stringify(registry.href)};
    const kernel = await createKernel("wasm-threads", { threads: 3, serialBelow: 0 });
    const ones = kernel.tensor([64, 64], new Float32Array(4096).fill(1));
    const y = kernel.tensor([64, 64]);
    kernel.matmul(ones, ones, y);
    console.log((await y.read()).every((value) => value === 64));
  `;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, code);
    const { code: exitCode, stdout, stderr } = await runDeno(
      ["run", "--quiet", "--no-check", "--no-prompt", "--no-config", `${folder}/main.ts`],
      { signal: AbortSignal.timeout(300_000) },
    );
    assertEquals(stderr, "");
    assertEquals(stdout.trim(), "true");
    assertEquals(exitCode, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the text of a worker is one module, without imports and without code made of strings", () => {
  assert(workerText.length > 10_000);
  assertEquals(/\bimport\b|\beval\b|\bFunction\(|\brequire\(/.test(workerText), false);
});

Deno.test("mayLoad() is true only where a module needs no further permission", () => {
  const found = (module: string, granted: readonly string[]) =>
    mayLoad(new URL(module), {
      permissions: {
        querySync: (what) => ({
          state: granted.includes("host" in what ? what.host : what.name) ? "granted" : "prompt",
        }),
      },
    });
  assertEquals([[], ["read"]].map((granted) => found("file:///a.ts", granted)), [false, true]);
  const remote = "https://example.com/a.ts";
  const hosts = [["read"], ["example.com:80"], ["example.com:443"]];
  assertEquals(hosts.map((granted) => found(remote, granted)), [false, false, true]);
});
