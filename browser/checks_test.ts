import { assertEquals } from "@std/assert";
import { checksOfPass } from "../bench/needed_checks.ts";
import { checks } from "../verify/verify.ts";
import { checksHere } from "./checks.ts";

Deno.test("checksHere has every check that a timed pass needs, in the verifier's order", () => {
  const names = checksHere.map(({ name }) => name);
  const needed = new Set(Object.values(checksOfPass).flat());
  assertEquals([...needed].filter((name) => !names.includes(name)), []);
  assertEquals(checks.map(({ name }) => name).filter((name) => names.includes(name)), names);
});

Deno.test("checksHere leaves out the checks of operations that no page times, and no others", () => {
  const untimed = ["formulas", "copies", "int8", "layers", "sequences", "combinations"];
  assertEquals(checks.filter((one) => !checksHere.includes(one)).map(({ name }) => name), untimed);
});
