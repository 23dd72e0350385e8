import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { KernelUnavailableError } from "../../common/errors.ts";
import { testWhere } from "../../common/requirements_testing.ts";
import { whyNoKernel } from "../kernels_testing.ts";
import type { Tensor } from "../kernel.ts";
import { createKernel } from "../registry.ts";
import { type NativeRuntime, openBlas } from "./blas.ts";
import { SharedBlas } from "./shared_blas.ts";

/** What a fake runtime allows and finds. */
interface Machine {
  readonly os?: string;
  readonly libraries?: readonly string[];
  readonly granted?: readonly string[];
  readonly variables?: Record<string, string>;
  /** The kind of code that OpenBLAS chooses where the variable does not say. */
  readonly core?: string;
  readonly cpuinfo?: string;
}

/** A runtime whose libraries are OpenBLAS, with a list of what was done. */
function fake(
  {
    os = "linux",
    libraries = [],
    granted = ["ffi", "env", "read"],
    variables = {},
    core = "Zen",
    cpuinfo = "",
  }: Machine,
): { runtime: NativeRuntime; done: string[]; variables: Record<string, string> } {
  const done: string[] = [];
  const texts: string[] = [];
  const text = (value: string) => () => ({ at: texts.push(value) - 1 });
  return {
    done,
    variables,
    runtime: {
      build: { os },
      env: {
        get: (name) => variables[name],
        set: (name, value) => void (variables[name] = value),
        delete: (name) => void delete variables[name],
      },
      permissions: {
        querySync: ({ name }) => ({ state: granted.includes(name) ? "granted" : "prompt" }),
      },
      UnsafePointer: { create: () => null, of: () => null, value: () => 0 },
      UnsafePointerView: { getCString: (pointer) => texts[(pointer as { at: number }).at]! },
      readTextFileSync: () => cpuinfo,
      dlopen: (name) => {
        if (!libraries.includes(name)) throw new Error(`no ${name}\nsecond line`);
        done.push(`open ${name}`);
        return {
          symbols: {
            cblas_sgemm: () => {},
            openblas_set_num_threads: (threads: number) => done.push(`${threads} threads`),
            openblas_get_corename: text(variables["OPENBLAS_CORETYPE"] ?? core),
            openblas_get_config: text("OpenBLAS 0.3.21 DYNAMIC_ARCH Zen"),
          },
          close: () => void done.push("close"),
        };
      },
    },
  };
}

Deno.test("openBlas() says what is missing: the permission, a library, the library that was asked for", () => {
  const refused = (machine: Machine, message: string, wanted?: string) =>
    assertThrows(() => openBlas(fake(machine).runtime, wanted), KernelUnavailableError, message);
  refused({ granted: [] }, "takes the permission --allow-ffi");
  refused(
    {},
    "install OpenBLAS (libopenblas0 of Debian and Ubuntu, openblas of Homebrew): no libmkl",
  );
  refused({}, "the library cannot be opened: no ./mine.so", "./mine.so");
});

Deno.test("openBlas() opens the first library that there is, of the system's names", () => {
  for (
    const [os, name] of [["linux", "libopenblas.so"], ["darwin", "libopenblas.dylib"], [
      "windows",
      "openblas.dll",
    ], ["freebsd", "libopenblas.so.0"]] as const
  ) {
    const { runtime, done } = fake({ os, libraries: [name] });
    assertEquals(openBlas(runtime).device, "native, 256 bit, Zen code of OpenBLAS 0.3.21");
    assertEquals(done, [`open ${name}`]);
  }
});

Deno.test("openBlas() opens an OpenBLAS that does not know the processor again, unless the user chose", () => {
  const machine = {
    libraries: ["libopenblas.so.0"],
    core: "Prescott",
    cpuinfo: "flags : avx avx2 fma",
  };
  const device = (changes: Machine) => {
    const { runtime, done } = fake({ ...machine, ...changes });
    return [openBlas(runtime).device.split(" of ")[0], done.length];
  };
  assertEquals(device({}), ["native, 256 bit, Haswell code", 3]);
  const narrow = ["native, 128 bit, Prescott code", 1];
  assertEquals(device({ variables: { OPENBLAS_CORETYPE: "Prescott" } }), narrow);
  assertEquals(device({ granted: ["ffi", "read"] }), narrow);
  assertEquals(device({ granted: ["ffi", "env"] }), narrow);
  assertEquals(device({ cpuinfo: "flags : sse4_2" }), narrow);
  assertEquals(device({ os: "freebsd" }), narrow);
  const { runtime, variables } = fake({ ...machine, variables: { OPENBLAS_THREAD_TIMEOUT: "9" } });
  assertEquals([openBlas(runtime).isNarrow, variables], [false, { OPENBLAS_THREAD_TIMEOUT: "9" }]);
  assertEquals(openBlas(fake({ ...machine, granted: ["ffi"] }).runtime).isNarrow, true);
});

Deno.test("SharedBlas opens a library once, sets threads each time, and closes it after the last kernel", () => {
  const { runtime, done } = fake({ libraries: ["libopenblas.so.0"] });
  const first = SharedBlas.for(runtime, "libopenblas.so.0");
  const second = SharedBlas.for(runtime, "libopenblas.so.0");
  for (const threads of [2, 2, 1]) first.useThreads(threads);
  assertEquals(done, ["open libopenblas.so.0", "2 threads", "2 threads", "1 threads"]);
  first.release();
  assertEquals(done.length, 4);
  second.release();
  assertEquals(done.at(-1), "close");
  SharedBlas.for(runtime, "libopenblas.so.0").release();
  assertEquals(done.length, 7);
});

testWhere(
  await whyNoKernel("native"),
  "native computes where its memory moved, by rows in blocks, and names its library",
  async () => {
    await using kernel = await createKernel("native", { threads: 2 });
    assertStringIncludes(kernel.traits.device, "native, ");
    // More rows than a block has.
    const [m, n, k] = [700, 300, 3];
    using x = kernel.tensor([m, k], Array.from({ length: m * k }, (_, i) => i % 11 - 5));
    using weight = kernel.tensor([k, n], Array.from({ length: k * n }, (_, i) => i % 7 - 3));
    using bias = kernel.tensor([n], Array.from({ length: n }, (_, j) => j % 5));
    using y = kernel.tensor([m, n]);
    using z = kernel.tensor([m, n]);
    for (let round = 0; round < 2; round++) {
      kernel.dense(x, weight, bias, "relu", y, z);
      const [xs, ws, found, before] = await Promise.all(
        [x, weight, y, z].map(async (tensor) => await tensor.read()),
      );
      for (let i = 0; i < m * n; i += 97) {
        const [row, column] = [Math.floor(i / n), i % n];
        let sum = column % 5;
        for (let p = 0; p < k; p++) sum += xs![row * k + p]! * ws![p * n + column]!;
        assertEquals([before![i], found![i]], [sum, Math.max(0, sum)]);
      }
      // The memory grows, and its buffer is another one.
      using _ = kernel.tensor([2 ** 24]);
      y.write(new Float32Array(m * n));
    }
  },
);

testWhere(
  await whyNoKernel("native"),
  "native multiplies one row as blocked does, by one thread and by several, b transposed or not",
  async () => {
    await using native = await createKernel("native", { threads: 2 });
    await using blocked = await createKernel("blocked");
    // On both sides of where the library is called, of where its products of small matrices are, and of where its threads are.
    for (const [n, k] of [[63, 130], [65, 130], [193, 130], [31, 1300], [1031, 1024]] as const) {
      const whole = (count: number, modulus: number) =>
        Array.from({ length: count }, (_, i) => i % modulus - (modulus >> 1));
      const results = await Promise.all([native, blocked].map(async (kernel) => {
        using x = kernel.tensor([1, k], whole(k, 11));
        using weight = kernel.tensor([k, n], whole(k * n, 7));
        using turned = kernel.tensor([n, k], whole(k * n, 7));
        using bias = kernel.tensor([n], whole(n, 5));
        const [y, z, added] = [1, 2, 3].map(() => kernel.tensor([1, n], whole(n, 3))) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        kernel.dense(x, weight, bias, "relu", y, z);
        kernel.matmul(x, turned, added, { transposeB: true, accumulate: true });
        return await Promise.all([y, z, added].map((tensor) => tensor.read()));
      }));
      assertEquals(results[0], results[1]);
      if (native.traits.nan !== "propagates") continue;
      using zero = native.tensor([1, k]);
      using nan = native.tensor([k, n], Array(k * n).fill(NaN));
      using turned = native.tensor([n, k], Array(k * n).fill(NaN));
      for (const [b, transposeB] of [[nan, false], [turned, true]] as const) {
        using out = native.tensor([1, n]);
        native.matmul(zero, b, out, { transposeB });
        assert((await out.read()).every(Number.isNaN));
      }
    }
  },
);
