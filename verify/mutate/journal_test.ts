import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../../common/command.ts";
import { inFolder } from "../../common/deno_testing.ts";
import { readEnvironment } from "../../results/environment.ts";
import { ResultFileError } from "../../results/fields.ts";
import { mutationSchema } from "../../results/mutation/schema.ts";
import {
  appendMutant,
  type Head,
  journalPath,
  lineOf,
  openJournal,
  parseJournal,
} from "./journal.ts";
import { madeMutant, madeSurvivor } from "./mutate_testing.ts";

async function headOf(code: string, seed = 1): Promise<Head> {
  return {
    schema: mutationSchema,
    date: "2026-03-01T09:30:00.000Z",
    command: "deno task mutate",
    environment: await readEnvironment(),
    engine: "plain",
    settings: { seed, code },
  };
}

Deno.test("a journal gives back what was added, the last of each mutant", async () => {
  await inFolder(async (folder) => {
    const head = await headOf("abc");
    await openJournal(folder, head);
    const witness = { found: null, calls: 3, seconds: 1 };
    const full = madeSurvivor("2", { effort: "full", witness });
    const placed = madeMutant("3", { context: ["the line before", ""] });
    const all = [madeMutant("1"), madeSurvivor("2"), full, placed];
    for (const one of all) await appendMutant(folder, one);
    const { mutants } = await openJournal(folder, head);
    assertEquals([...mutants.values()], [madeMutant("1"), full, placed]);
  });
});

Deno.test("a journal whose last line was cut off goes on without it", async () => {
  await inFolder(async (folder) => {
    const head = await headOf("abc");
    const text = lineOf(head) + lineOf(madeMutant("1")) + lineOf(madeMutant("2")).slice(0, 40);
    await Deno.writeTextFile(journalPath(folder), text);
    assertEquals([...(await openJournal(folder, head)).mutants.keys()], ["1"]);
    await appendMutant(folder, madeMutant("3"));
    assertEquals([...(await openJournal(folder, head)).mutants.keys()], ["1", "3"]);
  });
});

Deno.test("a journal of other code or another seed is refused", async () => {
  await inFolder(async (folder) => {
    await openJournal(folder, await headOf("abc"));
    const other = await headOf("other");
    await assertRejects(() => openJournal(folder, other), UsageError, "of other code");
    const seed = await headOf("abc", 2);
    await assertRejects(() => openJournal(folder, seed), UsageError, "of another seed (1)");
  });
});

Deno.test("a line that is no mutant is an error that names it", async () => {
  const text = `${lineOf(await headOf("abc"))}{"id":"1"}\n`;
  assertThrows(() => parseJournal(text), ResultFileError, "line 2");
  assertThrows(() => parseJournal(""), ResultFileError, "empty");
});
