/**
 * The calibration page: one HTML file that needs nothing but itself, and no
 * script at all. The answer comes first, then what it was counted from.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../common/numbers.ts";
import type { Calibration } from "../../results/calibration/schema.ts";
import { htmlDocument } from "../document.tsx";
import { formatDate } from "../format.ts";
import { Contents } from "../sections/contents.tsx";
import { Heading } from "../sections/heading.tsx";
import { styleSheet } from "../style.ts";
import { answers } from "./findings.ts";
import {
  ChangedSection,
  EnvironmentSection,
  HowToRead,
  IdenticalSection,
  RunsSection,
  TimesSection,
} from "./sections.tsx";
import { calibrationStyle } from "./style.ts";

const contents: readonly (readonly [string, string])[] = [
  ["identical", "Where nothing differs"],
  ["changed", "Where one workload was changed"],
  ["times", "Times of the runs"],
  ["runs", "All runs"],
  ["environment", "Machine and command"],
  ["reading", "How to read this"],
];

function Page({ calibration }: { calibration: Calibration }): JSX.Element {
  const { environment, date, runs, counts, times, schema } = calibration;
  return (
    <div class="page">
      <a class="skip" href="#main">Skip to the results</a>
      <Heading
        kicker="Densemark calibration"
        title="How often is the bench right?"
        what={formatCount(runs.length, "run")}
        environment={environment}
        date={date}
        answers={answers(calibration)}
      />
      <Contents entries={contents} />
      <main id="main" tabIndex={-1}>
        <IdenticalSection counts={counts} />
        <ChangedSection counts={counts} />
        <TimesSection times={times} />
        <RunsSection runs={runs} />
        <EnvironmentSection calibration={calibration} />
        <HowToRead counts={counts} />
      </main>
      <footer>
        Made by Densemark {environment.densemark} from calibration.json ({schema}).
      </footer>
    </div>
  );
}

/** The page on a calibration as the text of an HTML file; a policy in the page forbids all that is not its own. */
export function renderCalibration(calibration: Calibration): Promise<string> {
  return htmlDocument({
    title: `Densemark calibration, ${formatDate(calibration.date)}`,
    style: styleSheet() + "\n" + calibrationStyle(),
    body: <Page calibration={calibration} />,
  });
}
