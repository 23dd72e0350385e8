/**
 * The top of the report: what the run found, in sentences, and whether all of
 * it was verified.
 *
 * @module
 */
import type { JSX } from "preact";
import { answer, cautions, verified } from "../findings.ts";
import { formatDate } from "../format.ts";
import type { Results } from "../../results/schema.ts";

/** The title, the run in a line, the answer, and what to know before trusting it. */
export function AnswerSection({ results, note }: {
  results: Results;
  /** Why there are no charts; null where there are. */
  note: string | null;
}): JSX.Element {
  const [first, ...others] = answer(results);
  const { total, passed, sentence } = verified(results);
  const { noise } = results;
  const notes = [...cautions(results), ...(note === null ? [] : [note])];
  const commit = results.environment.commit;
  return (
    <header>
      <p class="kicker">Densemark report</p>
      <h1>How fast is a Dense layer here?</h1>
      <p class="run">
        Suite <b>{results.suite}</b> on {results.environment.cpu},{" "}
        <time dateTime={results.date}>{formatDate(results.date)}</time>
        {commit === null ? "" : `, commit ${commit.slice(0, 18)}`}
        {results.partial
          ? (
            <>
              {" "}
              <span class="tag warn">partial run</span>
            </>
          )
          : null}
      </p>
      {noise && <p class="noise">{noise.sentence}</p>}
      <div class="answer">
        <p class="first">{first}</p>
        {others.map((text, i) => <p key={i}>{text}</p>)}
        <p>
          <span class={`badge ${total > 0 && passed === total ? "good" : "bad"}`}>
            <span aria-hidden="true">{total > 0 && passed === total ? "✓" : "✗"}</span> {sentence}
          </span>
        </p>
      </div>
      {notes.map((text, i) => <p key={i} class="note">{text}</p>)}
    </header>
  );
}
