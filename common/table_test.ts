import { assertEquals } from "@std/assert";
import { alignColumns, markdownHead, markdownRow } from "./table.ts";

Deno.test("alignColumns() is as wide as the widest cells, with nothing at the ends of lines", () => {
  assertEquals(alignColumns([["a", "bb", ""], ["aaa", "b"], ["", "1", "x"]], [1]), [
    "a    bb",
    "aaa   b",
    "      1  x",
  ]);
  assertEquals(alignColumns([]), []);
});

Deno.test("markdownHead() aligns the columns asked for to the right", () => {
  assertEquals(markdownHead(["a", "b", "c"], [1, 2]), "| a | b | c |\n| --- | --: | --: |");
  assertEquals(markdownRow(["a", "", "1"]), "| a |  | 1 |");
});
