import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { ArgumentError } from "../../common/errors.ts";
import type { Activation } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import { kernelsHere } from "../../kernels/kernels_testing.ts";
import { createKernel } from "../../kernels/registry.ts";
import { createRandom } from "../../common/random.ts";
import { floats } from "../check.ts";
import { type ModelInput, randomInput } from "../../models/input.ts";
import type { Model, ModelLayer } from "../../models/model.ts";
import { formatModelReport, type ModelReport } from "./report.ts";
import { verifyModel, verifyModels } from "./verify_model.ts";

const seed = 3;
const random = createRandom(seed);

/** A network of these widths with random weights; an activation for each layer. */
function network(widths: readonly number[], activations: readonly Activation[]): Model {
  const layers = activations.map((activation, i): ModelLayer => {
    const inputs = widths[i] ?? 1;
    const units = widths[i + 1] ?? 1;
    const weight = floats(inputs * units, -1, 1, random).map((value) => value / Math.sqrt(inputs));
    return {
      name: `fc${i}`,
      activation,
      inputs,
      units,
      weight,
      bias: floats(units, 0.5, 1, random),
    };
  });
  return { name: "net", layers, inputs: widths[0] ?? 1, flatten: false, notes: [] };
}

function activationLayer(units: number, activation: Activation): ModelLayer {
  return { name: "act", activation, inputs: units, units, weight: null, bias: null };
}

function inputOf(values: readonly number[], columns: number): ModelInput {
  const rows = values.length / columns;
  return { name: "x", values: new Float32Array(values), rows, of: rows, seed: null, notes: [] };
}

const mixed = network([17, 31, 64, 9, 10], ["relu", "gelu", "tanh", "softmax"]);

/** Changes what a kernel's dense leaves in y; `n` is y's columns. */
function afterDense(
  kernel: Kernel,
  change: (y: Float32Array, n: number, call: number) => void,
): Kernel {
  let call = 0;
  const dense = kernel.dense.bind(kernel);
  return Object.assign(kernel, {
    dense: (...args: Parameters<Kernel["dense"]>) => {
      dense(...args);
      const y = args[4] as Tensor & { data: Float32Array };
      change(y.data, y.shape.at(-1) ?? 1, call++);
    },
  });
}

/** The report of a broken kernel, which must have failed, where the same kernel unbroken passes. */
async function rejected(
  model: Model,
  change: (y: Float32Array, n: number, call: number) => void,
): Promise<ModelReport> {
  const input = randomInput(model, seed, 40);
  await using whole = await createKernel("naive");
  assertEquals((await verifyModel(whole, model, input)).problem, null);
  await using kernel = await createKernel("naive");
  const report = await verifyModel(afterDense(kernel, change), model, input);
  assertEquals(report.passed, false);
  assertMatch(formatModelReport(report), /FAIL: /);
  return report;
}

/** The names of the layers that failed. */
function failedLayers({ layers }: ModelReport): string[] {
  return layers.filter(({ worst }) => !((worst?.share ?? Infinity) <= 1)).map(({ name }) => name);
}

for (const name of await kernelsHere()) {
  Deno.test(`verifyModel() passes ${name} on every activation, seed ${seed}`, async () => {
    await using kernel = await createKernel(name, { serialBelow: 0 });
    const models = [
      mixed,
      network([5, 12, 12, 12, 12], ["sigmoid", "exponential", "linear", "elu"]),
      network([8, 33, 16, 7], ["selu", "silu", "softplus"]),
      network([8, 40, 20], ["mish", "gelu_tanh"]),
      {
        ...mixed,
        layers: [activationLayer(17, "tanh"), ...mixed.layers, activationLayer(10, "relu")],
      },
    ];
    for (const model of models) {
      const report = await verifyModel(kernel, model, randomInput(model, seed, 70));
      assertEquals(report.problem, null);
      assertEquals(report.layers.map(({ m }) => m), model.layers.map(() => 70));
      for (const { worst } of report.layers) assert(worst !== null);
      assertEquals(failedLayers(report), []);
      assert(report.endToEnd.share <= 1);
      assertEquals(report.classes?.rows, 70);
    }
  });
}

Deno.test("verifyModel() gives shapes, places and shares", async () => {
  const layer: ModelLayer = {
    name: "fc",
    activation: "linear",
    inputs: 2,
    units: 2,
    weight: new Float32Array([1, 10, 2, 20]),
    bias: new Float32Array([0.5, 5]),
  };
  const model: Model = { name: "m", layers: [layer], inputs: 2, flatten: false, notes: ["note"] };
  await using kernel = await createKernel("naive");
  const broken = afterDense(kernel, (y) => y[3]! += 0.25);
  const report = await verifyModel(broken, model, inputOf([1, 1, 3, 4], 2));
  const [found] = report.layers;
  assertEquals(
    { ...found, worst: null },
    { name: "fc", activation: "linear", m: 2, n: 2, k: 2, worst: null, maxUlp: 2 ** 15 },
  );
  // float32 numbers about 115 lie 2^-17 apart.
  const { row, column, got, want, bound = 0, share } = found?.worst ?? {};
  assertEquals({ row, column, got, want }, { row: 1, column: 1, got: 115.25, want: 115 });
  assertEquals(share, 0.25 / bound);
  assertEquals(report.endToEnd.largest?.got, 115.25);
  const { kernel: name, model: from, input, rows, rowsGiven, notes } = report;
  assertEquals({ name, from, input, rows, rowsGiven, notes }, {
    name: "naive",
    from: "m",
    input: "x",
    rows: 2,
    rowsGiven: 2,
    notes: ["note"],
  });
  assertEquals(JSON.parse(JSON.stringify(report)), report);
});

Deno.test("verifyModel() fails the layer that is wrong, and no other", async () => {
  for (const wrong of [0, 1, 2, 3]) {
    // Each layer is called once: 40 rows are one batch.
    const report = await rejected(mixed, (y, _, call) => {
      if (call === wrong) y[y.length - 1]! += 1e-3;
    });
    assertEquals(failedLayers(report), [`fc${wrong}`]);
    assertMatch(report.problem ?? "", new RegExp(`^layer "fc${wrong}" at \\[39, `));
  }
});

Deno.test("verifyModel() rejects a result that was never written", async () => {
  const report = await rejected(mixed, (y, _, call) => {
    if (call === 1) y[100] = NaN;
  });
  assertEquals(report.layers.map(({ worst }) => worst === null), [false, false, true, true]);
  assertMatch(report.problem ?? "", /^layer "fc1" at \[1, 36\]: got NaN, want .* Infinity times/);
  assertMatch(formatModelReport(report), /not reached/);
  // No row reached the end, so that no class is reported to be the same.
  assertEquals(report.classes?.rows, 0);
  assertEquals(formatModelReport(report).includes("class"), false);
});

Deno.test("verifyModel() rejects an infinity", async () => {
  const report = await rejected(mixed, (y, _, call) => {
    if (call === 3) y[0] = Infinity;
  });
  assertEquals(failedLayers(report), ["fc3"]);
});

Deno.test("verifyModel() counts an error that a kernel throws as its failure, and continues with others", async () => {
  const input = randomInput(mixed, seed, 8);
  await using broken = await createKernel("naive");
  await using whole = await createKernel("blocked");
  afterDense(broken, (_, __, call) => {
    if (call === 2) throw new TypeError("out of order\x1b[2J");
  });
  const [first, second] = await verifyModels([broken, whole], mixed, input);
  assertEquals(first?.problem, 'layer "fc2": the kernel threw TypeError: out of order [2J');
  assertEquals(second?.problem, null);
});

Deno.test("verifyModels() reports on several kernels as verifyModel() does on each", async () => {
  // Three batches, the last a short one.
  const input = randomInput(mixed, seed, 1030);
  await using naive = await createKernel("naive");
  await using simd = await createKernel("wasm-simd");
  const together = await verifyModels([naive, simd], mixed, input);
  const alone = [
    await verifyModel(naive, mixed, input),
    await verifyModel(simd, mixed, input),
  ];
  assertEquals(together, alone);
  assertGreater(Math.max(...together.map(({ layers }) => layers[0]?.worst?.row ?? 0)), 0);
});

Deno.test("verifyModel() finds a fault in the last batch", async () => {
  const input = randomInput(mixed, seed, 1030);
  await using kernel = await createKernel("naive");
  afterDense(kernel, (y, _, call) => {
    if (call === 8) y[y.length - 9]! += 0.01;
  });
  const report = await verifyModel(kernel, mixed, input);
  assertMatch(report.problem ?? "", /^layer "fc0" at \[1029, 22\]/);
});

/** Two units of which the second is larger by `margin`. */
function nearTie(margin: number): Model {
  const weight = new Float32Array([1, 1 + margin]);
  const layer = {
    name: "fc",
    activation: "linear",
    inputs: 1,
    units: 2,
    weight,
    bias: null,
  } as const;
  return { name: "tie", layers: [layer], inputs: 1, flatten: false, notes: [] };
}

const swap = (y: Float32Array) => y.reverse();

Deno.test("verifyModel() counts a changed class within the bound as a tie, and passes", async () => {
  await using kernel = await createKernel("naive");
  // One unit in the last place apart: rounding may reverse their order, and here it does.
  const model = nearTie(2 ** -23);
  const report = await verifyModel(afterDense(kernel, swap), model, inputOf([1], 1));
  assertEquals(report.problem, null);
  const { rows, changed, ties, undecided, changes = [] } = report.classes ?? {};
  assertEquals({ rows, changed, ties, undecided }, { rows: 1, changed: 1, ties: 1, undecided: 1 });
  const [{ row, got, want, margin }] = changes as [ModelReportChange];
  assertEquals({ row, got, want, margin }, { row: 0, got: 0, want: 1, margin: 2 ** -23 });
  assertMatch(
    formatModelReport(report),
    /CLASS CHANGED in 1 of 1 rows, all of them ties within the bound/,
  );
});

type ModelReportChange = NonNullable<ModelReport["classes"]>["changes"][number];

Deno.test("verifyModel() rejects a changed class beyond the bound", async () => {
  await using kernel = await createKernel("naive");
  const report = await verifyModel(afterDense(kernel, swap), nearTie(0.01), inputOf([1, 2], 1));
  assertEquals(report.passed, false);
  const { changed, ties, undecided } = report.classes ?? {};
  assertEquals({ changed, ties, undecided }, { changed: 2, ties: 0, undecided: 0 });
  assertMatch(formatModelReport(report), /CLASS CHANGED in 2 of 2 rows, 2 BEYOND THE BOUND/);
});

Deno.test("verifyModel() reports no classes where there is one output", async () => {
  await using kernel = await createKernel("naive");
  const model = network([4, 1], ["sigmoid"]);
  const report = await verifyModel(kernel, model, randomInput(model, seed, 3));
  assertEquals(report.classes, null);
  assertEquals(report.passed, true);
});

Deno.test("verifyModel() refuses a network that leaves float32's range", async () => {
  await using kernel = await createKernel("naive");
  const weight = new Float32Array([1e30]);
  const layer = {
    name: "fc",
    activation: "linear",
    inputs: 1,
    units: 1,
    weight,
    bias: null,
  } as const;
  const model: Model = {
    name: "large",
    layers: [layer, { ...layer, name: "next" }],
    inputs: 1,
    flatten: false,
    notes: [],
  };
  await assertRejects(
    () => verifyModel(kernel, model, inputOf([0, 1], 1)),
    ArgumentError,
    `layer "next" leaves float32's range in row 1: its terms add up to 1e60`,
  );
  const cancelling: Model = {
    ...model,
    inputs: 2,
    layers: [{ ...layer, inputs: 2, weight: new Float32Array([1e30, -1e30]) }],
  };
  await assertRejects(
    () => verifyModel(kernel, cancelling, inputOf([1e10, 1e10], 2)),
    ArgumentError,
    `its terms add up to 2e40, its result is 0;`,
  );
  const exponential = {
    ...model,
    layers: [{ ...layer, weight: new Float32Array([100]), activation: "exponential" as const }],
  };
  await assertRejects(
    () => verifyModel(kernel, exponential, inputOf([1], 1)),
    ArgumentError,
    `its result is 2.7e43`,
  );
});

Deno.test("verifyModel() disposes of all tensors that it makes", async () => {
  await using kernel = await createKernel("naive");
  const open = new Set<Tensor>();
  const tensor = kernel.tensor.bind(kernel);
  Object.assign(kernel, {
    tensor: (...args: Parameters<Kernel["tensor"]>) => {
      const made = tensor(...args);
      open.add(made);
      return made;
    },
  });
  await verifyModel(kernel, mixed, randomInput(mixed, seed, 600));
  assertGreater(open.size, 8);
  assertEquals([...open].filter(({ disposed }) => !disposed).length, 0);
});
