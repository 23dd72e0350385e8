import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { runDeno } from "../common/deno_testing.ts";

/** A cell of a notebook (nbformat 4.5). */
interface Cell {
  readonly cell_type: "markdown" | "code";
  readonly source: readonly string[];
}

Deno.test("the notebook's cells run one after the other, and the network learns the two moons", async () => {
  const url = new URL("two_moons.ipynb", import.meta.url);
  const { cells, nbformat } = JSON.parse(await Deno.readTextFile(url)) as {
    readonly cells: readonly Cell[];
    readonly nbformat: number;
  };
  assertEquals(nbformat, 4);
  const code = cells.filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => source.join("")).join("\n");
  assertEquals(
    cells.some((cell) => "outputs" in cell && (cell.outputs as unknown[]).length > 0),
    false,
  );
  // What Jupyter's kernel has besides: pictures, of which the lengths are printed.
  const jupyter = "const jupyter = { svg: (strings, ...values) => " +
    'console.log("svg", String.raw({ raw: strings.raw }, ...values)) };';
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  const { href } = new URL("../mod.ts", import.meta.url);
  const program = code.replace("../mod.ts", href).replaceAll(/Deno\s*\.jupyter/g, "jupyter");
  try {
    await Deno.writeTextFile(
      file,
      `${jupyter}\n${program}\nconsole.log("accuracy", accuracy);`,
    );
    const { code: exit, stdout, stderr } = await runDeno([
      "run",
      "--no-check",
      "--quiet",
      "--allow-read",
      file,
    ], { signal: AbortSignal.timeout(300_000) });
    assertEquals([exit, stderr], [0, ""]);
    const pictures = stdout.split("\n").filter((line) => line.startsWith("svg <svg"));
    assertEquals(pictures.length, 3);
    for (const name of ["relu", "gelu", "tanh", "softplus"]) {
      assertMatch(stdout, new RegExp(`>${name}</text>`));
    }
    assertEquals(/NaN|undefined/.test(stdout), false);
    assertGreater(Number(/accuracy ([\d.]+)\n$/.exec(stdout)?.[1]), 0.97);
  } finally {
    await Deno.remove(file);
  }
});
