/**
 * The first screen of the report: the answer as its title, the run in a line,
 * chips that lead to the evidence, and how far every contender is from the best.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatPercent } from "../../common/numbers.ts";
import { floorFor } from "../../statistics/noise.ts";
import type { Results } from "../../results/schema.ts";
import { answer, cautions, headline, leaderOf, stoppedEarly, verified } from "../findings.ts";
import { formatCommit, formatDate, isolated } from "../format.ts";
import { Folded } from "./folded.tsx";
import { MatrixSection } from "./matrix.tsx";

/** The title, the run in a line, the chips and the matrix. */
export function AnswerSection({ results }: { results: Results }): JSX.Element {
  const { cpu, commit, v8, cores } = results.environment;
  return (
    <header>
      <p class="kicker">
        Densemark report, suite <b>{results.suite}</b>
      </p>
      <h1>{isolated(headline(results), namesOf(results))}</h1>
      <p class="run">
        {cpu}, {formatCount(cores, "core")}, V8 {v8}
        {engineText(results)}, <time dateTime={results.date}>{formatDate(results.date)}</time>
        {commit === null ? "" : `, commit ${formatCommit(commit)}`}
        {stoppedEarly(results)
          ? (
            <>
              {" "}
              <span class="tag warn">stopped early</span>
            </>
          )
          : null}
      </p>
      <Chips results={results} />
      <MatrixSection results={results} />
      <Words results={results} />
    </header>
  );
}

/** What sentences name. */
function namesOf({ kernels, results }: Results): readonly string[] {
  return [...kernels.map(({ name }) => name), ...results.map(({ workload }) => workload)];
}

/** Under which flags V8 ran. */
function engineText({ kernels, engine }: Results): string {
  const engines = new Set(
    kernels.filter(({ unavailable }) => unavailable === null).map((one) => one.engine ?? engine),
  );
  const flagged = [...engines].some((one) => one !== "plain");
  if (!flagged) return " without flags";
  return engines.size > 1 ? " with and without flags" : " with flags";
}

/** Whether it is right, how noisy it was, and what to know before trusting it. */
function Chips({ results }: { results: Results }): JSX.Element {
  const { total, passed, sentence } = verified(results);
  const good = total > 0 && passed === total;
  const notes = cautions(results).length;
  const noise = noiseText(results);
  return (
    <ul class="chips">
      <li>
        <a href={good ? "#right" : "#failures"} class={good ? "good" : "bad"}>
          <span aria-hidden="true">{good ? "✓" : "✗"}</span> {sentence}
        </a>
      </li>
      {noise && (
        <li>
          <a href="#noise" class={noise.trouble ? "warn" : ""}>{noise.text}</a>
        </li>
      )}
      {notes > 0 && (
        <li>
          <a href="#cautions" class="warn">{formatCount(notes, "caution")}</a>
        </li>
      )}
    </ul>
  );
}

/** The noise of what is fastest most often: that of its number of threads; null where it was not measured. */
function noiseText(
  results: Results,
): { readonly text: string; readonly trouble: boolean } | null {
  const { noise, kernels } = results;
  if (!noise) return null;
  const leader = leaderOf(results);
  const threads = kernels.find(({ name }) => name === leader)?.threads ?? 1;
  const byThreads = noise.byThreads ?? [];
  const known = byThreads.find((one) => one.threads >= threads) ?? byThreads.at(-1);
  const { grade } = known ?? noise;
  const floor = known ? floorFor(byThreads, [threads]) : noise.floor;
  const trouble = grade === "noisy" || grade === "unusable" || grade === "unknown";
  if (floor === null || grade === "unknown") return { text: "Noise unknown", trouble };
  const of = leader === null ? "" : isolated(` for ${leader}`, [leader]);
  const name = `${grade[0]?.toUpperCase()}${grade.slice(1)}`;
  return { text: `${name} run: ±${formatPercent(floor)}${of}`, trouble };
}

/** The answer in sentences, folded below what shows it. */
function Words({ results }: { results: Results }): JSX.Element {
  return (
    <Folded title={<span id="answer">The answer in words</span>}>
      {answer(results).map((text, i) => <p key={i}>{isolated(text, namesOf(results))}</p>)}
    </Folded>
  );
}
