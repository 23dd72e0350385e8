/**
 * "Compare with another run": the place for files of other runs in the page of one,
 * and for what the browser code finds in them.
 *
 * @module
 */
import type { JSX } from "preact";

/** The section; what it does needs JavaScript, and says so. */
export function CompareSection(): JSX.Element {
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Compare with another run</h2>
      <p>
        Drop the <code>results.json</code>{" "}
        of other runs anywhere on this page, of this machine or another one, or of a browser that
        ran the kernels here. Nothing leaves this page. <code>deno task report A.json B.json</code>
        {" "}
        makes a page of the same.
      </p>
      <noscript>
        <p>This needs JavaScript.</p>
      </noscript>
      <div data-compare hidden>
        <div class="drop">
          <label>
            Result files <input type="file" multiple accept=".json,application/json" />
          </label>{" "}
          <button type="button" class="small" data-do="clear" disabled>Remove all</button>
        </div>
        <p data-said role="status" />
        <ul class="refused" data-refused />
        <div data-compared />
      </div>
    </section>
  );
}
