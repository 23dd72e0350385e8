/**
 * "Run it here": what a reader chooses before the kernels are verified and timed in
 * the browser that shows the page, and the places for progress and for what is found.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { version } from "../../results/version.ts";
import { isPlain } from "../looks.ts";
import { kernelsHere } from "../../browser/protocol.ts";
import { labelOf, quickOnes, workloadsHere } from "../../browser/workloads.ts";

/** The section; only where there is a workload that a browser can run. */
export function HereSection({ results }: { results: Results }): JSX.Element {
  const workloads = workloadsHere(results.results);
  const quick = quickOnes(workloads);
  return (
    <section aria-labelledby="here">
      <h2 id="here">Run it here</h2>
      <p>
        Your browser can run Densemark’s own kernels on these workloads. Each kernel is first judged
        by all of the verifier’s checks of what can be timed here, and timed only if all of it is
        right; deno task verify runs every check. Nothing leaves this page. Browsers have coarse
        clocks and set no V8 flags, so times here are compared with those that the run has without
        flags. {!results.kernels.some((one) => isPlain(one, results)) &&
          "This run has none: deno task bench --engine both measures them too."}
      </p>
      <noscript>
        <p>This needs JavaScript.</p>
      </noscript>
      <div class="here" data-here={version} hidden>
        <fieldset>
          <legend>Kernels</legend>
          {kernelsHere.map((name) => (
            <label key={name}>
              <input type="checkbox" data-kernel={name} checked={name === "wasm-simd"} /> {name}
              {" "}
              <span class="detail" data-why={name} />
            </label>
          ))}
        </fieldset>
        <div class="controls">
          <label>
            Workload{" "}
            <select data-here-workload>
              {quick.length > 1 && (
                <option value="">all {formatCount(quick.length, "quick workload")}</option>
              )}
              {workloads.map((one, i) => <option key={i} value={String(i)}>{labelOf(one)}</option>)}
            </select>
          </label>
          <label>
            Verification{" "}
            <select data-here-effort>
              <option value="quick">quick, 10 to 30 s a kernel</option>
              <option value="smoke">smoke, a tenth of the cases</option>
            </select>
          </label>
          <button type="button" class="small" data-do="run">Run</button>
          <button type="button" class="small" data-do="cancel" disabled>Cancel</button>
          <button type="button" class="small" data-do="download" disabled>
            Download results.json
          </button>
        </div>
        <progress max="1" value="0" aria-label="Progress of the run in this browser" hidden />
        <p data-said role="status" />
        <p class="detail" data-doing />
        <ul class="refused" data-refused />
        <div data-found />
      </div>
    </section>
  );
}
