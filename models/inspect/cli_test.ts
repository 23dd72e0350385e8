import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { UsageError } from "../../common/command.ts";
import { runDeno } from "../../common/deno_testing.ts";
import { readModelFile } from "../read_model_file.ts";
import { main } from "./cli.ts";
import { formatSummary, summaryOf } from "./summary.ts";

const folder = fileURLToPath(new URL("../fixtures", import.meta.url));
const summaryFor = async (name: string) => summaryOf(await readModelFile(`${folder}/${name}`));

Deno.test("summaryOf() has all of a model but its numbers", async () => {
  const { file: _, notes, layers, ...summary } = await summaryFor("sequential_bn.keras");
  assertEquals(summary, {
    schema: "densemark-model-summary/1",
    format: "Keras 3 (.keras)",
    producer: "Keras 3.16.0",
    inputShape: [6],
    parameters: 146,
    bytes: 584,
    runnable: true,
    reason: null,
  });
  assertEquals(notes, ['"batch_normalization" is folded into "dense"']);
  assertEquals(layers[1], {
    name: "hidden",
    className: "Dense",
    activation: "relu",
    parameters: 56,
    weights: [
      { name: "kernel", shape: [6, 8], dtype: "float32" },
      { name: "bias", shape: [8], dtype: "float32" },
    ],
  });
});

Deno.test("formatSummary() says which layer is in the way of running", async () => {
  const text = formatSummary(await summaryFor("sequential_bn.npz"));
  assertMatch(text, /It cannot be run: .* has weights alone, and needs a JSON with its layers/);
  assertMatch(text, /\nhidden +weights +56 +float32 +0 \[6, 8\], 1 \[8\]\n/);
});

Deno.test("formatSummary() shows no character that a terminal obeys", async () => {
  const model = await readModelFile(`${folder}/sequential_bn.keras`);
  const layers = model.layers.map((layer) => ({ ...layer, name: `${layer.name}\x1b[31m\n\u202e` }));
  const text = formatSummary(summaryOf({ ...model, layers, producer: "a\x1b\nb" }));
  assertEquals(/[\p{Cc}\p{Cf}]/u.test(text.replaceAll("\n", "")), false);
  assertEquals(text.split("\n").length, formatSummary(summaryOf(model)).split("\n").length);
});

Deno.test("deno task inspect needs read permission alone, and prints JSON", async () => {
  const [, ...task] = config.tasks.inspect.command.split(" ");
  assertEquals(task.filter((word) => word.startsWith("--allow")), ["--allow-read"]);
  const cli = fileURLToPath(new URL("./cli.ts", import.meta.url));
  for (
    const [name, code, text] of [
      ["int8_mlp.keras", 0, '"runnable": true'],
      ["bad/cycle.h5", 2, 'has no group "layers", as Keras\'s weights have; it has "a"'],
    ] as const
  ) {
    const args = ["run", "--no-check", "--quiet", "--allow-read", "--no-prompt"];
    const ended = await runDeno([...args, cli, "--json", `${folder}/${name}`]);
    assertEquals(ended.code, code, ended.stderr);
    assertStringIncludes(code === 0 ? ended.stdout : ended.stderr, text);
  }
});

Deno.test("deno task inspect takes one file", async () => {
  await assertRejects(() => main([]), UsageError, "one model file is needed; got 0");
  await assertRejects(() => main(["a", "b"]), UsageError, "one model file is needed; got 2");
});
