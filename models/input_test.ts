import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { ModelFileError } from "./errors.ts";
import { type ModelInput, randomInput, readInput } from "./input.ts";
import type { Model } from "./model.ts";
import { inFolder, npy, npyWith, safetensors } from "./files_testing.ts";

function modelOf(inputs: number, units: number, flatten = false): Model {
  const weight = new Float32Array(inputs * units);
  const layer = { name: "fc", activation: "linear", inputs, units, weight, bias: null } as const;
  return { name: "m", layers: [layer], inputs, flatten, notes: [] };
}

const model = modelOf(6, 1);
const counted = (length: number) => Float32Array.from({ length }, (_, i) => i);

for (
  const [shape, flatten, rows] of [
    [[4, 6], false, 4],
    [[4, 5, 6], false, 20],
    [[4, 3, 2], false, 4],
    [[4, 3, 2], true, 4],
    [[4, 3, 2, 1], true, 4],
    [[1, 6], true, 1],
  ] as const
) {
  const what = `[${shape}] as ${rows} rows of 6${flatten ? ", flattened" : ""}`;
  Deno.test(`readInput() takes ${what}`, async () => {
    const values = counted(shape.reduce<number>((product, n) => product * n, 1));
    await inFolder({ "x.npy": npy(shape, values) }, async (folder) => {
      const input = await readInput(`${folder}/x.npy`, modelOf(6, 1, flatten));
      assertEquals(input, {
        name: `${folder}/x.npy`,
        values,
        rows,
        of: rows,
        seed: null,
        notes: [],
      });
    });
  });
}

Deno.test("readInput() takes the first rows, as many as are asked for", async () => {
  await inFolder({ "x.npy": npy([4, 6], counted(24)) }, async (folder) => {
    const { rows, of, values } = await readInput(`${folder}/x.npy`, model, 2);
    assertEquals({ rows, of, values }, { rows: 2, of: 4, values: counted(12) });
    assertEquals((await readInput(`${folder}/x.npy`, model, 9)).rows, 4);
  });
});

Deno.test("readInput() takes a safetensors file's only tensor, or the one called input", async () => {
  const rows = [[2, 6], counted(12)] as const;
  const files = {
    "one.safetensors": safetensors({ x: rows }),
    "two.safetensors": safetensors({ labels: [[2], counted(2)], input: rows }),
    "none.safetensors": safetensors({ labels: [[2], counted(2)], x: rows }),
  };
  await inFolder(files, async (folder) => {
    for (const name of ["one", "two"]) {
      assertEquals((await readInput(`${folder}/${name}.safetensors`, model)).values, counted(12));
    }
    await assertRejects(
      () => readInput(`${folder}/none.safetensors`, model),
      ModelFileError,
      'must hold one tensor, or one called "input"; it has "labels" and "x"',
    );
  });
});

const refused: Record<string, [shape: number[], flatten: boolean, message: string]> = {
  "one axis": [[6], false, "must have the shape [rows, 6]"],
  "no axis": [[], false, "must have the shape [rows, 6]"],
  "another width": [[4, 7], false, "got [4, 7]"],
  "a last axis of 6 where all are flattened": [[2, 2, 6], true, "got [2, 2, 6]"],
  "no rows": [[0, 6], false, "has no rows"],
};

for (const [what, [shape, flatten, message]] of Object.entries(refused)) {
  Deno.test(`readInput() refuses ${what}`, async () => {
    const size = shape.reduce((product, n) => product * n, 1);
    await inFolder({ "x.npy": npy(shape, counted(size)) }, async (folder) => {
      await assertRejects(
        () => readInput(`${folder}/x.npy`, modelOf(6, 1, flatten)),
        ModelFileError,
        message,
      );
    });
  });
}

Deno.test("readInput() refuses NaN, and files of other kinds", async () => {
  await inFolder({ "x.npy": npy([1, 6], new Float32Array(6).fill(NaN)) }, async (folder) => {
    await assertRejects(
      () => readInput(`${folder}/x.npy`, model),
      ModelFileError,
      "must be finite",
    );
    for (const name of ["x.csv", "x"]) {
      await assertRejects(
        () => readInput(`${folder}/${name}`, model),
        ModelFileError,
        "an input is a .npy",
      );
    }
    await assertRejects(() => readInput(`${folder}/y.npy`, model), ModelFileError, "no such file");
  });
});

Deno.test("randomInput() is determined by its seed, and within [-1, 1)", () => {
  const [one, same, other] = [1, 1, 2].map((seed) => randomInput(model, seed, 256)) as [
    ModelInput,
    ModelInput,
    ModelInput,
  ];
  assertEquals(one, same);
  assertNotEquals([...one.values], [...other.values]);
  assertEquals(one.rows, 256);
  assertEquals(one.values.every((value) => value >= -1 && value < 1), true);
  assertEquals(one.values.some((value) => value < -0.9), true);
});

Deno.test("randomInput() refuses more rows than fit into memory", () => {
  assertThrows(
    () => randomInput(modelOf(1024, 1), 1, 2 ** 27),
    ModelFileError,
    "at most 131072 rows",
  );
});

Deno.test("readInput() reads pixels as bytes, and says so", async () => {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 6)}";
  const bytes = npyWith(header, new Uint8Array([0, 1, 2, 3, 4, 255]));
  await inFolder({ "x.npy": bytes }, async (folder) => {
    const { values, notes } = await readInput(`${folder}/x.npy`, model);
    assertEquals([...values], [0, 1, 2, 3, 4, 255]);
    assertEquals([...notes], ['"input" is uint8, exact in float32']);
  });
});
