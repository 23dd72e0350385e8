/**
 * The head of a page about many runs: what was asked, of how much, where and
 * when, and the answers in sentences.
 *
 * @module
 */
import type { JSX } from "preact";
import type { Environment } from "../../results/schema.ts";
import { formatCommit, formatDate } from "../format.ts";

/** A question as the title, and its answers, the first one in larger letters. */
export function Heading({ kicker, title, what, environment, date, answers }: {
  kicker: string;
  title: string;
  /** What was counted, as in "36 runs". */
  what: string;
  environment: Environment;
  date: string;
  answers: readonly string[];
}): JSX.Element {
  const [first = "", ...others] = answers;
  const { cpu, commit } = environment;
  return (
    <header>
      <p class="kicker">{kicker}</p>
      <h1>{title}</h1>
      <p class="run">
        {what} on {cpu}, <time dateTime={date}>{formatDate(date)}</time>
        {commit === null ? "" : `, commit ${formatCommit(commit)}`}
      </p>
      <div class="answer">
        <p class="first">{first}</p>
        {others.map((text) => <p key={text}>{text}</p>)}
      </div>
    </header>
  );
}
