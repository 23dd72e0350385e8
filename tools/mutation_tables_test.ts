import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../common/command.ts";
import { mutationSentence, mutationTables, replaceTables, summaryOf } from "./mutation_tables.ts";

const root = new URL("..", import.meta.url);
const read = (name: string) => Deno.readTextFile(new URL(`docs/${name}`, root));

/** A text without what a formatter may change. */
const words = (text: string) => text.replaceAll(/[\s|:-]+/g, " ");

Deno.test("the tables of docs/mutation.md are those of the run that is kept", async () => {
  const found = summaryOf(await read("mutation/mutation.json"));
  assert(found.rates.length > 10);
  const page = await read("mutation.md");
  assertEquals(words(replaceTables(page, mutationTables(found))), words(page));
  const verification = await read("verification.md");
  const sentence = { "kill rate": mutationSentence(found) };
  assertEquals(words(replaceTables(verification, sentence)), words(verification));
});

Deno.test("replaceTables() replaces what stands between the markers of a name, and needs them", () => {
  const text = "a <!-- one: written by `deno task readme` -->old<!-- end of one --> b";
  assertEquals(
    replaceTables(text, { one: "new" }),
    "a <!-- one: written by `deno task readme` -->\n\nnew\n\n<!-- end of one --> b",
  );
  assertThrows(() => replaceTables(text, { two: "new" }), UsageError, "lacks");
});
