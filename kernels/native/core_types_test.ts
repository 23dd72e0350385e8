import { assertEquals } from "@std/assert";
import { coreFor, deviceOf, hasSmallProducts, isNarrow, versionOf } from "./core_types.ts";

Deno.test("deviceOf() and versionOf() name what runs", () => {
  assertEquals(deviceOf("Haswell"), "native, 256 bit, Haswell code");
  assertEquals(deviceOf(""), "native, unknown code");
  const config = "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64";
  assertEquals(versionOf(config), "OpenBLAS 0.3.21");
  assertEquals(versionOf("something else"), "OpenBLAS");
});

Deno.test("isNarrow() is true of the code that OpenBLAS takes for unknown processors", () => {
  assertEquals(["Prescott", "Nehalem", "generic"].map(isNarrow), [true, true, true]);
  assertEquals(["Haswell", "SkylakeX", "NeoverseN1", ""].map(isNarrow), [
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("coreFor() takes the widest code whose instructions the processor has", () => {
  const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: fpu ${flags}\nbugs\t\t:\n`;
  assertEquals(coreFor(cpuinfo("avx avx2 fma avx512f avx512dq avx512bw avx512vl")), "SkylakeX");
  assertEquals(coreFor(cpuinfo("avx avx2 fma avx512f")), "Haswell");
  assertEquals(coreFor(cpuinfo("avx fma")), "Sandybridge");
  assertEquals(coreFor(cpuinfo("sse4_2")), null);
  assertEquals(coreFor("Features\t: asimd"), null);
});

Deno.test("hasSmallProducts() is true of AVX-512 code from OpenBLAS 0.3.20 on", () => {
  const versions = ["OpenBLAS 0.3.20", "OpenBLAS 0.3.21.dev", "OpenBLAS 0.4.0", "OpenBLAS 0.3.9"];
  assertEquals(versions.map((version) => hasSmallProducts("Cooperlake", version)), [
    true,
    true,
    true,
    false,
  ]);
  assertEquals(hasSmallProducts("Haswell", "OpenBLAS 0.3.21"), false);
  assertEquals(hasSmallProducts("SkylakeX", "OpenBLAS"), false);
  assertEquals(hasSmallProducts("", "OpenBLAS 0.3.21"), false);
});
