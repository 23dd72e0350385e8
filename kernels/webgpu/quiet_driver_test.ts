import { assertEquals } from "@std/assert";
import { runDeno } from "../../common/deno_testing.ts";
import { quietly } from "./quiet_driver.ts";

const variable = "XDG_RUNTIME_DIR";

/** Runs `action` where the variable has this value, or none. */
async function where(value: string | undefined, action: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(variable);
  const set = (to: string | undefined) =>
    to === undefined ? Deno.env.delete(variable) : Deno.env.set(variable, to);
  set(value);
  try {
    await action();
  } finally {
    set(before);
  }
}

const onLinux = Deno.build.os === "linux";

Deno.test("quietly() gives the driver a path that leads nowhere, and takes it back", () =>
  where(undefined, async () => {
    const nowhere = onLinux ? "/dev/null" : undefined;
    const { promise: first, resolve: endFirst } = Promise.withResolvers<void>();
    const { promise: second, resolve: endSecond } = Promise.withResolvers<void>();
    const both = [quietly(() => first), quietly(() => second)];
    assertEquals(Deno.env.get(variable), nowhere);
    endFirst();
    await both[0];
    assertEquals(Deno.env.get(variable), nowhere);
    endSecond();
    await both[1];
    assertEquals(Deno.env.get(variable), undefined);
  }));

Deno.test("quietly() gives back an empty text as one", () =>
  where("", async () => {
    const inside = await quietly(() => Promise.resolve(Deno.env.get(variable)));
    assertEquals([inside, Deno.env.get(variable)], [onLinux ? "/dev/null" : "", ""]);
  }));

Deno.test("quietly() opens where something else is called Deno", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "Deno")!;
  const opened = [];
  try {
    for (const other of [{}, { build: {} }, null]) {
      Object.defineProperty(globalThis, "Deno", { configurable: true, value: other });
      opened.push(await quietly(() => Promise.resolve(7)));
    }
  } finally {
    Object.defineProperty(globalThis, "Deno", own);
  }
  assertEquals(opened, [7, 7, 7]);
});

Deno.test("quietly() leaves a variable that is set as it is", () =>
  where("/run/user/7", async () => {
    await quietly(() => Promise.resolve(assertEquals(Deno.env.get(variable), "/run/user/7")));
    assertEquals(Deno.env.get(variable), "/run/user/7");
  }));

/** What a program without the variable writes to standard error. */
async function complaints(script: string, flags: readonly string[] = []): Promise<string> {
  const registry = JSON.stringify(new URL("../registry.ts", import.meta.url));
  const { code, stderr } = await runDeno(
    ["eval", "--quiet", ...flags, `import * as registry from ${registry}; ${script}`],
    { env: { [variable]: "" }, signal: AbortSignal.timeout(300_000) },
  );
  assertEquals(code, 0, stderr);
  return stderr;
}

Deno.test("listKernels() and createKernel() pass on no driver's complaints", async () => {
  assertEquals(await complaints("await registry.listKernels();"), "");
});

Deno.test("WebGPU is touched by no kernel but webgpu", async () => {
  const script = `
    Object.defineProperty(navigator.gpu, "requestAdapter", { value: () => console.error("asked") });
    for (const name of registry.kernelNames) {
      if (name !== "webgpu") await (await registry.createKernel(name))[Symbol.asyncDispose]();
    }`;
  assertEquals(await complaints(script), "");
});

Deno.test("quietly() asks for no permission", async () => {
  const printed = await complaints(
    `Deno.permissions.revokeSync({ name: "env" });
    const { quietly } = await import(${
      JSON.stringify(new URL("quiet_driver.ts", import.meta.url))
    });
    if (await quietly(() => Promise.resolve(7)) !== 7) console.error("not called");`,
  );
  assertEquals(printed, "");
});
