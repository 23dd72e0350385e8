import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { inFolder, runDeno } from "../common/deno_testing.ts";
import { ArgumentError, KernelUnavailableError } from "../common/errors.ts";
import { chooseKernel } from "./choice.ts";
import type { KernelFactory } from "./kernel.ts";
import { factory as naive } from "./naive.ts";
import { createKernel, type KernelName, kernelNames } from "./registry.ts";
import { expectGpuByDefault } from "./webgpu/gpu_by_default.ts";

const failing = (error: unknown): KernelFactory => ({ create: () => Promise.reject(error) });
const of = (factory: KernelFactory) => () => Promise.resolve({ factory });

Deno.test("chooseKernel() takes the first kernel that can be made, and says why not those before it", async () => {
  const registry = {
    a: of(failing(new KernelUnavailableError("a: it is not there"))),
    b: () => Promise.reject(new TypeError("broken\nand more")),
    c: of({ ...naive, createByDefault: () => Promise.reject(new KernelUnavailableError("slow")) }),
    d: of(naive),
  };
  await using kernel = await chooseKernel(["a", "b", "c", "d"], registry, {});
  assertEquals(kernel.choice, {
    name: "d",
    reason:
      "the fastest kernel available here; not a: it is not there; not b: it failed: broken; not c: slow",
    passedOver: [
      { name: "a", reason: "it is not there" },
      { name: "b", reason: "it failed: broken" },
      { name: "c", reason: "slow" },
    ],
  });
  await using first = await chooseKernel(["d", "a"], registry, {});
  assertEquals(first.choice.reason, "the fastest kernel there is");
  await assertRejects(
    () => chooseKernel(["a", "c"], registry, {}),
    KernelUnavailableError,
    "no kernel is available here; not a: it is not there; not c: slow",
  );
});

Deno.test("chooseKernel() passes over no kernel for an option that is wrong", async () => {
  const registry = {
    a: of(failing(new ArgumentError("createWorker must make a worker"))),
    b: of(naive),
  };
  await assertRejects(
    () => chooseKernel(["a", "b"], registry, {}),
    ArgumentError,
    "createWorker must make a worker",
  );
});

Deno.test("createKernel() takes the kernel after those that it passes over, and computes", async () => {
  for (const kernel of [await createKernel(), await createKernel("auto", { threads: 2 })]) {
    await using _ = kernel;
    const { name, passedOver, reason } = kernel.choice;
    assertEquals(kernel.name, name);
    const order = [...kernelNames].reverse();
    assertEquals(
      passedOver.map(({ name }) => name),
      order.slice(0, order.indexOf(kernel.name as KernelName)),
    );
    for (const { reason: each } of passedOver) assertStringIncludes(reason, each);
    assertStringIncludes(Deno.inspect(kernel), reason);
    assert(!kernel.traits.device.endsWith(", software"), kernel.traits.device);
    using a = kernel.tensor([1, 2], [3, 4]);
    using out = kernel.tensor([1, 1]);
    kernel.matmul(a, a, out, { transposeB: true });
    assertEquals([...await out.read()], [25]);
  }
});

Deno.test("createKernel() takes no thread pool of one thread", async () => {
  await using kernel = await createKernel("auto", { threads: 1 });
  assert(kernel.name !== "wasm-threads");
});

Deno.test("createKernel() checks its options before it looks for anything", async () => {
  await assertRejects(() => createKernel("auto", { threads: 0 }), ArgumentError, "threads must be");
  await assertRejects(
    () => createKernel("auto", { thread: 2 } as never),
    ArgumentError,
    'no option "thread"',
  );
});

Deno.test("createKernel() without any permission asks for none, prints nothing, and ends", async () => {
  const module = new URL("./registry.ts", import.meta.url).href;
  await inFolder(async (folder) => {
    const script = `import { createKernel } from "${module}";
    const { choice } = await createKernel();
    console.log(choice.name, ...choice.passedOver.map(({ name }) => name));`;
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const { code, stdout, stderr } = await runDeno(
      ["run", "--quiet", "--no-check", "--no-config", "--no-lock", "main.ts"],
      { cwd: folder },
    );
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const order = [...kernelNames].reverse();
    const [name = "", ...passedOver] = stdout.trim().split(" ");
    assertEquals(passedOver, order.slice(0, order.indexOf(name as KernelName)));
  });
});

/** A Deno that has these permissions, on a system with these device files. */
const machine = (granted: readonly string[], devices: readonly string[] | null, os = "linux") => ({
  build: { os },
  permissions: {
    querySync: ({ name }: { name: string }) => ({
      state: granted.includes(name) ? "granted" : "prompt",
    }),
  },
  readDirSync: () => {
    if (devices === null) throw new Error("Requires all access");
    return devices.map((name) => ({ name }));
  },
});

Deno.test("webgpu is looked for by default where there is a device, and where its drivers can be kept quiet", () => {
  const without = "no device file of a GPU";
  const loud = "takes the permission --allow-env=XDG_RUNTIME_DIR";
  const refused = [
    [machine(["read", "env"], ["null", "tty"]), without],
    [machine(["read"], ["null", "dri"]), loud],
    [machine(["read"], null), loud],
    [machine([], ["dri"]), loud],
  ] as const;
  for (const [deno, message] of refused) {
    assertThrows(() => expectGpuByDefault(deno), KernelUnavailableError, message);
  }
  for (const device of ["dri", "nvidia0", "nvidiactl", "dxg", "mali0", "kgsl-3d0"]) {
    expectGpuByDefault(machine(["read", "env"], ["null", device]));
  }
  expectGpuByDefault(machine(["read", "env"], null));
  expectGpuByDefault(machine(["env"], []));
  expectGpuByDefault(machine([], [], "darwin"));
});
