import { assertEquals } from "@std/assert";
import { environmentHere } from "./environment.ts";

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/140.0.0.0 Safari/537.36";
const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0";
const safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/18.5 Safari/605.1.15";

Deno.test("environmentHere() names the browser by its brand, or by what it calls itself", () => {
  const browsers = [chrome, firefox, safari, "", "x"].map((userAgent) => {
    const { v8, os } = environmentHere({ userAgent }, "1");
    return [v8, os];
  });
  assertEquals(browsers, [
    ["Chrome 140.0.0.0", "X11"],
    ["Firefox 143.0", "Windows NT 10.0"],
    ["Safari 18.5", "Macintosh"],
    ["unknown", "unknown"],
    ["unknown", "unknown"],
  ]);
  const brands = ["Not)A;Brand", "Chromium", "Microsoft Edge"]
    .map((brand) => ({ brand, version: "140" }));
  const branded = { userAgent: chrome, userAgentData: { platform: "Linux", brands } };
  assertEquals(environmentHere(branded, "1").v8, "Microsoft Edge 140");
  assertEquals(environmentHere(branded, "1").os, "Linux");
});

Deno.test("environmentHere() has numbers that a result file takes, whatever the browser says", () => {
  const { cores, memory } = environmentHere(
    { userAgent: "", hardwareConcurrency: NaN, deviceMemory: Infinity },
    "1",
  );
  assertEquals([cores, memory], [1, 0]);
  const told = environmentHere({ userAgent: "", hardwareConcurrency: 8, deviceMemory: 4 }, "1");
  assertEquals([told.cores, told.memory], [8, 2 ** 32]);
});
