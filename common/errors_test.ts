import { assertEquals } from "@std/assert";
import {
  ArgumentError,
  DensemarkError,
  errorLine,
  errorPlace,
  errorText,
  thrownText,
} from "./errors.ts";

Deno.test("every error has the name of its class and extends DensemarkError", () => {
  const error = new ArgumentError("seed must be a whole number");
  assertEquals(String(error), "ArgumentError: seed must be a whole number");
  assertEquals(error instanceof DensemarkError, true);
});

Deno.test("errorText() takes whatever was thrown", () => {
  const thrown = [new TypeError("no such method"), "text", 3, null, undefined];
  assertEquals(thrown.map(errorText), ["no such method", "text", "3", "null", "undefined"]);
  const fails = { toString: () => assertEquals(1, 2) };
  assertEquals([fails, Object.create(null)].map(errorText), ["what is no text", "what is no text"]);
  assertEquals(thrownText(fails), "what is no text");
  assertEquals(thrownText(new TypeError("no such method")), "TypeError: no such method");
});

Deno.test("errorLine() is the first line", () => {
  assertEquals(errorLine(new Error("it broke\n    at file.ts:1")), "it broke");
  assertEquals(errorLine(new Error("")), "");
});

Deno.test("errorPlace() is where an error was thrown, in any file or a certain one", () => {
  const error = new Error("lost");
  error.stack = `Error: lost
    at multiply (file:///home/my%20kernels/a%2520b.ts:3:7)
    at file:///x/my kernel.ts:12:34`;
  assertEquals(errorPlace(error), "a%20b.ts:3:7");
  assertEquals(errorPlace(error, "file:///x/my%20kernel.ts"), "my kernel.ts:12:34");
  assertEquals(errorPlace(error, "file:///x/other.ts"), null);
  assertEquals(errorPlace("lost"), null);
});
