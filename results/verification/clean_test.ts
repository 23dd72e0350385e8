import { assertEquals } from "@std/assert";
import { cleanVerification } from "./clean.ts";
import { hostileVerification, sampleVerification } from "./sample_testing.ts";
import { readVerification } from "./validate.ts";
import { toJson } from "../json.ts";

Deno.test("cleanVerification() changes nothing in a clean report", () => {
  assertEquals(cleanVerification(sampleVerification()), sampleVerification());
});

Deno.test("cleanVerification() leaves no control character and no flood in any text", () => {
  const texts = JSON.stringify(cleanVerification(hostileVerification()));
  assertEquals(/\\u00[01]|[\u007f-\u009f\u200e\u202a-\u202e\u2066-\u2069]/.test(texts), false);
  assertEquals(texts.includes("x".repeat(2001)), false);
});

Deno.test("cleanVerification() keeps names that find each other the same, and others apart", () => {
  // The reader refuses names that are double or unknown.
  const clean = cleanVerification(hostileVerification());
  assertEquals(readVerification(toJson(clean)), clean);
});
