import { assertEquals, assertStringIncludes } from "@std/assert";
import { embeddable } from "./bundle.ts";
import { contentSecurityPolicy, embeddedJson } from "./csp.ts";
import { hostile } from "../results/sample_testing.ts";

Deno.test("contentSecurityPolicy() forbids all but what it names by hash", async () => {
  const policy = await contentSecurityPolicy(["abc"], []);
  assertEquals(policy.split("; ")[0], "default-src 'none'");
  assertStringIncludes(policy, "script-src 'none';");
  // SHA-256 of "abc", the example of FIPS 180-2, in base64.
  assertStringIncludes(
    policy,
    "style-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='",
  );
  assertEquals(/unsafe|https?:|\*/.test(policy), false);
});

Deno.test("contentSecurityPolicy() opens nothing for workers but their own texts and WebAssembly", async () => {
  const [without, with_] = [
    await contentSecurityPolicy(["a"], ["b"]),
    await contentSecurityPolicy(["a"], ["b"], { workers: true }),
  ].map((policy) => policy.split("; "));
  const script = without!.find((one) => one.startsWith("script-src"));
  assertEquals(with_!.filter((one) => !without!.includes(one)), [
    `${script} 'wasm-unsafe-eval'`,
    "worker-src blob:",
  ]);
});

Deno.test("embeddedJson() cannot end its element, and is read back the same", () => {
  const value = { text: hostile.markup + "\u2028\u2029&", n: [1e-7, null] };
  const json = embeddedJson(value);
  assertEquals(/[<>&\u2028\u2029]/.test(json), false);
  assertEquals(JSON.parse(json), value);
});

Deno.test("embeddable() leaves nothing in a script that ends its element", () => {
  const script = "const a='</script>',b='</SCRIPT',c='<!--<script>';\n//# sourceMappingURL=x.map";
  const safe = embeddable(script);
  assertEquals(/<\/script|<!--|sourceMappingURL/i.test(safe), false);
  assertEquals(new Function(safe + ";return a+b+c")(), "</script></SCRIPT<!--<script>");
});
