import { assertEquals } from "@std/assert";
import { type Choices, hashOf, initialView, matches, type View, viewOf } from "./view.ts";

const choices: Choices = {
  kernels: ["naive", "wasm-simd (plain)", "a&b=c#d"],
  passes: ["forward", "training"],
  workloads: ["jet", "größe 1"],
};

Deno.test("viewOf() reads what hashOf() wrote, whatever the names", () => {
  const views: readonly View[] = [
    { kernels: ["a&b=c#d"], pass: null, find: "", samples: null, without: [] },
    {
      kernels: ["naive", "wasm-simd (plain)"],
      pass: "training",
      find: "+ %=&ü",
      samples: "größe 1",
      without: [{ from: 0, to: 1.25 }, { from: 3, to: 40.5 }],
    },
    { ...initialView, find: "jet" },
  ];
  for (const view of views) assertEquals(viewOf(hashOf(view), choices), view);
  assertEquals(hashOf(initialView), "");
});

Deno.test("viewOf() takes nothing from a hash that the page does not have", () => {
  const hash = "#kernel=%3Cscript%3E&kernel=__proto__&pass=constructor&samples=toString";
  assertEquals(viewOf(hash, choices), initialView);
  assertEquals(viewOf(`#find=${"x".repeat(1e5)}`, choices)?.find.length, 100);
  assertEquals(viewOf("#kernel=naive&kernel=naive", choices)?.kernels, ["naive"]);
  assertEquals(viewOf("#%E0%A4%A=%", choices), initialView);
  const without = ["2-1", "1-1", "-1-2", "1e3-2e3", "0x1-0x2", "1-", "a-b", "1-2-3", "99999999-1"];
  const bad = without.map((text) => `without=${encodeURIComponent(text)}`).join("&");
  assertEquals(viewOf(`#${bad}`, choices), initialView);
  assertEquals(viewOf(`#${"without=1-2&".repeat(1000)}`, choices)?.without.length, 20);
});

Deno.test("viewOf() leaves links to parts of the page alone", () => {
  for (const hash of ["", "#", "#noise", "#shares"]) assertEquals(viewOf(hash, choices), null);
});

Deno.test("matches() finds a part of a name in any case, and takes it for text", () => {
  const jet = { pass: "forward", name: "Jet (1.5)" };
  assertEquals(matches({ ...initialView, find: " jET" }, jet), true);
  assertEquals(matches({ ...initialView, find: "(1.5)" }, jet), true);
  assertEquals(matches({ ...initialView, find: ".*" }, jet), false);
  assertEquals(matches({ ...initialView, pass: "training" }, jet), false);
});
