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

Deno.test("alignColumns() aligns what a terminal shows: wide, combining and plain characters", () => {
  const rows = [["日本語", "1"], ["a\u0308b", "22"], ["abcdefg", "3"], ["🙂", "4"]];
  assertEquals(alignColumns(rows, [1]), [
    "日本語    1",
    "a\u0308b       22",
    "abcdefg   3",
    "🙂        4",
  ]);
});

Deno.test("markdownRow() keeps a cell with bars one cell", () => {
  assertEquals(markdownRow(["a|b|c", "`x|y`"]), "| a\\|b\\|c | `x\\|y` |");
});

Deno.test("markdownHead() aligns the columns asked for to the right", () => {
  assertEquals(markdownHead(["a", "b", "c"], [1, 2]), "| a | b | c |\n| --- | --: | --: |");
  assertEquals(markdownRow(["a", "", "1"]), "| a |  | 1 |");
});
