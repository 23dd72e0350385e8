import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testWhere } from "../../common/requirements_testing.ts";
import { errorText } from "../../common/errors.ts";
import { chooseCore, type CoreTrial, coreTypesFor } from "./openblas_core.ts";
import { openLibrary } from "./openblas.ts";

const own = (core: string, gflops: number): CoreTrial => ({ asked: null, core, gflops });
const asked = (core: string, gflops: number): CoreTrial => ({ asked: core, core, gflops });

Deno.test("coreTypesFor() offers only what the processor has the instructions for", () => {
  const avx2 = ["sse4_2", "avx", "avx2", "fma"];
  const avx512 = [...avx2, "avx512f", "avx512dq", "avx512bw", "avx512vl"];
  const first = (flags: readonly string[]) => coreTypesFor(new Set(flags))[0];
  assertEquals(first(["sse4_2"]), "Nehalem");
  assertEquals(first(["sse4_2", "avx"]), "Sandybridge");
  assertEquals(first(["sse4_2", "avx", "avx2"]), "Sandybridge");
  assertEquals(first(avx2), "Zen");
  assertEquals(first([...avx2, "avx512f"]), "Zen");
  assertEquals(first(avx512), "SkylakeX");
  assertEquals(first([...avx512, "avx512_bf16"]), "Cooperlake");
  assertEquals(coreTypesFor(new Set([...avx512, "avx512_bf16"])), [
    "Cooperlake",
    "SkylakeX",
    "Zen",
    "Haswell",
  ]);
});

Deno.test("chooseCore() takes the fastest where the library's own choice is clearly slower", () => {
  assertEquals(chooseCore([own("Prescott", 38), asked("Haswell", 105)])?.core, "Haswell");
  assertEquals(chooseCore([own("Haswell", 100), asked("SkylakeX", 102)])?.core, null);
  assertEquals(chooseCore([own("Haswell", 100), asked("SkylakeX", 104)])?.core, "SkylakeX");
  // Skylake's code may be slower, where the processor lowers its clock for it.
  assertEquals(chooseCore([own("SkylakeX", 80), asked("Haswell", 100)])?.core, "Haswell");
});

Deno.test("chooseCore() takes the best of several trials", () => {
  const trials = [own("Prescott", 38), asked("Zen", 20), asked("Haswell", 100), asked("Zen", 110)];
  const choice = chooseCore(trials);
  assertEquals(choice?.core, "Zen");
  assertStringIncludes(choice?.how ?? "", "Zen 110, Haswell 100 and Prescott 38.0");
});

Deno.test("chooseCore() knows one kind of code under two names", () => {
  // An older library runs what it would run anyway where it does not know the name.
  const trials = [
    { asked: "SapphireRapids", core: "Cooperlake", gflops: 220 },
    own("Cooperlake", 200),
  ];
  assertEquals(chooseCore(trials), {
    core: null,
    how: "the library's own choice; no other could be tried",
  });
  assertEquals(chooseCore([]), null);
});

function whyNoOpenBlas(): string | null {
  if (Deno.build.arch !== "x86_64") return "core types are tried on x86-64 alone";
  try {
    openLibrary().close();
    return null;
  } catch (error) {
    return errorText(error);
  }
}

/** What a script prints whose environment has these variables, and OPENBLAS_CORETYPE only where given. */
async function printed(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { OPENBLAS_CORETYPE: _, ...inherited } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    cwd: new URL("../..", import.meta.url),
    clearEnv: true,
    env: { ...inherited, NO_COLOR: "1", ...env },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

testWhere(
  whyNoOpenBlas(),
  "openBlasEnvironment() tries core types in fresh processes and leaves what the user has set",
  async () => {
    const script = `import { openBlasEnvironment } from ${url("openblas_core.ts")};
      console.log(JSON.stringify(await openBlasEnvironment()));`;
    assertEquals(await printed(script, { OPENBLAS_CORETYPE: "Prescott" }), "{}");
    const found = JSON.parse(await printed(script, {}));
    assertMatch(found.DENSEMARK_OPENBLAS, /^(?:chosen from|the library's own choice)/);
  },
);

testWhere(
  whyNoOpenBlas(),
  "the peer names the core type that it runs, and how it was chosen",
  async () => {
    const script = `import { createPeer } from ${url("openblas.ts")};
      const { device, method } = await createPeer();
      console.log(device + "; " + method);`;
    const user = await printed(script, { OPENBLAS_CORETYPE: "Prescott" });
    assertStringIncludes(user, "native, 128 bit, Prescott code; ");
    assertStringIncludes(user, "as OPENBLAS_CORETYPE says");
    const ours = { OPENBLAS_CORETYPE: "Prescott", DENSEMARK_OPENBLAS: "chosen from these" };
    assertStringIncludes(await printed(script, ours), "chosen from these");
    assertStringIncludes(await printed(script, {}), "no other was tried");
  },
);
