import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleResults } from "../../results/sample_testing.ts";
import { computeExample } from "../example.ts";
import { renderReport } from "../html.tsx";
import { assertSound } from "../markup_testing.ts";
import { unpackedText } from "../packed.ts";

const example = await computeExample();
const client = "console.log('a stand-in for the browser code')";

Deno.test("renderReport() offers to run kernels where it has the program and a workload for them, and is sound then", async () => {
  const program = "onmessage=()=>{'</script><!--'}";
  const html = await renderReport(sampleResults(), { client, program, example });
  assertSound(html);
  assertStringIncludes(html, '<h2 id="here">');
  assertStringIncludes(html, "worker-src blob:");
  const [, text = ""] =
    /<script type="application\/json" id="program">(.*?)<\/script>/.exec(html) ?? [];
  assertEquals(await unpackedText(JSON.parse(text)), program);
  const cold = sampleResults().results.map((one) => ({ ...one, cold: true as const }));
  const none = await renderReport({ ...sampleResults(), results: cold }, {
    client,
    program,
    example,
  });
  for (
    const without of [
      none,
      await renderReport(sampleResults(), { client, example }),
      await renderReport(sampleResults(), { client: null, example }),
    ]
  ) {
    assertEquals(
      /id="here"|href="#here"|worker-src|wasm-unsafe-eval|id="program"/.test(without),
      false,
    );
  }
});
