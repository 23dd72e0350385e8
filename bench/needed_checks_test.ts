import { assertEquals } from "@std/assert";
import { checks } from "../verify/verify.ts";
import { checksFor, checksOfPass } from "./needed_checks.ts";

Deno.test("checksOfPass names checks that there are, and gradients need all that forward needs", () => {
  const names = checks.map(({ name }) => name);
  for (const [pass, needed] of Object.entries(checksOfPass)) {
    assertEquals(needed.filter((name) => !names.includes(name)), [], pass);
    assertEquals(checksOfPass.forward.filter((name) => !needed.includes(name)), [], pass);
  }
});

Deno.test("checksFor() asks for the checks of gradients only where gradients are timed", () => {
  const backward = ["rigorous-backward", "exact-backward"];
  const found = (...passes: ("forward" | "backward" | "training")[]) =>
    checksFor(passes.map((pass) => ({ pass }))).filter((name) => backward.includes(name));
  assertEquals(found("forward"), []);
  assertEquals(checksFor([{}]), checksFor([{ pass: "forward" }]));
  assertEquals(found("forward", "training"), backward);
  assertEquals(found("backward"), backward);
});
