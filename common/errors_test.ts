import { assertEquals } from "@std/assert";
import { ArgumentError, DensemarkError, errorLine, errorText } from "./errors.ts";

Deno.test("every error has the name of its class and extends DensemarkError", () => {
  const error = new ArgumentError("seed must be a whole number");
  assertEquals(String(error), "ArgumentError: seed must be a whole number");
  assertEquals(error instanceof DensemarkError, true);
});

Deno.test("errorText() takes whatever was thrown", () => {
  const thrown = [new TypeError("no such method"), "text", 3, null, undefined];
  assertEquals(thrown.map(errorText), ["no such method", "text", "3", "null", "undefined"]);
});

Deno.test("errorLine() is the first line", () => {
  assertEquals(errorLine(new Error("it broke\n    at file.ts:1")), "it broke");
  assertEquals(errorLine(new Error("")), "");
});
