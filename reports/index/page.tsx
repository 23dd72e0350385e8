/**
 * The page of past runs: what stepped last, the trends of each machine, every run
 * with a link to its page, and runs that cannot be read, with the reason. Names of
 * folders come from a disk and are shown as texts.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import type { JSX } from "preact";
import { formatCount } from "../../common/numbers.ts";
import { cleanText } from "../../common/text.ts";
import { formatTime } from "../../common/units.ts";
import { htmlDocument } from "../document.tsx";
import { inWords } from "../engine_names.ts";
import { headline, stoppedEarly, verified } from "../findings.ts";
import { formatCommit, formatDate } from "../format.ts";
import { machineName, type Run } from "../history/history.ts";
import type { Problem, Runs } from "../history/read.ts";
import { stepText } from "../history/text.ts";
import { Swatch } from "../sections/chart.tsx";
import { Contents } from "../sections/contents.tsx";
import { Folded } from "../sections/folded.tsx";
import { NumberCell, Table } from "../sections/table.tsx";
import { styleSheet } from "../style.ts";
import { addressOf } from "./pages.ts";
import { mostDrawn, TrendPlot } from "./plot.tsx";
import { indexStyle } from "./style.ts";
import { lastSteps, type Line, type MachineTrends, trendsOf } from "./trends.ts";

/** What is in a folder of runs. */
export interface RunsFolder extends Runs {
  /** The paths of its pages in it. */
  readonly pages: readonly string[];
}

/** The folder of a run, which is in the folder of runs. */
const folderOf = ({ path }: { readonly path: string }) => basename(dirname(path));

function answers(runs: readonly Run[], machines: readonly MachineTrends[]): readonly string[] {
  const steps = lastSteps(machines);
  const [latest] = steps;
  const of = `${formatCount(runs.length, "run")} on ${formatCount(machines.length, "machine")}`;
  if (runs.length === 0) return ["No run here can be read"];
  if (!latest) return [`${of}: no kernel has stepped to another level`];
  const slower = steps.filter(({ step }) => step.ratio > 1).length;
  return [
    `${of}; latest step: ${latest.name} on ${latest.workload} is ${stepText(latest.step)}`,
    `${formatCount(steps.length, "line")} stepped, ${slower} of them to slower. Of 20 lines ` +
    "without a step one shows one by chance, and a machine may step as well as the code: " +
    "deno task bench --against confirms what a step says of the code.",
  ];
}

function Page(
  { runs, problems, earlier, pages, script }: RunsFolder & { script: boolean },
): JSX.Element {
  const machines = trendsOf(runs);
  const [first = "", ...others] = answers(runs, machines);
  const own = new Set([...runs, ...problems].map(folderOf));
  const free = pages.filter((path) => !own.has(path.split("/")[0] ?? "") || !path.includes("/"));
  return (
    <div class="page wide">
      <a class="skip" href="#main">Skip to the runs</a>
      <header>
        <p class="kicker">Densemark, past runs</p>
        <h1>{first}</h1>
        {others.map((text) => <p key={text}>{text}</p>)}
        {problems.length > 0 && (
          <p class="note">
            <a href="#broken">{formatCount(problems.length, "run")} cannot be read</a>.
          </p>
        )}
      </header>
      <Contents
        entries={[
          ["runs", "Runs"],
          ...machines.map(({ machine }, i) => [`machine-${i + 1}`, machine] as const),
          ...(problems.length > 0 ? [["broken", "Runs that cannot be read"] as const] : []),
          ...(free.length > 0 ? [["pages", "Other pages"] as const] : []),
        ]}
      />
      <main id="main" tabIndex={-1}>
        {script && (
          <div class="controls" data-search hidden>
            <label>
              Search <input type="search" maxLength={100} placeholder="date, commit, kernel …" />
            </label>
            <span role="status" />
          </div>
        )}
        <section aria-labelledby="runs">
          <h2 id="runs">Runs</h2>
          {runs.length === 0
            ? (
              <p>
                <code>deno task bench</code> makes one.
              </p>
            )
            : <AllRuns runs={runs} pages={pages} />}
          {earlier > 0 && (
            <p>
              {formatCount(earlier, "earlier run")} {earlier === 1 ? "is" : "are"} not on this page.
            </p>
          )}
        </section>
        {machines.map((one, i) => (
          <MachineSection key={one.machine} id={`machine-${i + 1}`} {...one} />
        ))}
        {problems.length > 0 && <Broken problems={problems} pages={pages} />}
        {free.length > 0 && (
          <section aria-labelledby="pages">
            <h2 id="pages">Other pages</h2>
            <ul>
              {free.map((path) => (
                <li key={path} data-item>
                  <FileLink path={path} />
                </li>
              ))}
            </ul>
          </section>
        )}
      </main>
      <footer>
        Made by Densemark from the results.json of each run. A time has to change by more than the
        runs vary, for two runs or more, to be a step.
      </footer>
    </div>
  );
}

/** A link to a file by its name. */
function FileLink({ path, text }: { path: string; text?: string }): JSX.Element {
  return <a href={addressOf(path)}>{text ?? cleanText(path, 120)}</a>;
}

/** Links to the pages of a run, and to its file where that can be read. */
function LinksOf({ folder, pages, file }: {
  folder: string;
  pages: readonly string[];
  file: boolean;
}): JSX.Element {
  const own = pages.filter((path) => path.startsWith(`${folder}/`)).toSorted();
  const names = [...own, ...(file ? [`${folder}/results.json`] : [])];
  return (
    <>
      {names.map((path, i) => (
        <span key={path}>
          {i > 0 && ", "}
          <FileLink path={path} text={cleanText(basename(path))} />
        </span>
      ))}
    </>
  );
}

function enginesOf({ kernels, engine }: Run["results"]): string {
  const engines = new Set(
    kernels.filter(({ unavailable, peer }) => unavailable === null && !peer)
      .map((one) => (one.engine ?? engine) === "plain"),
  );
  return engines.size > 1
    ? "with and without V8 flags"
    : engines.has(false)
    ? "with V8 flags"
    : "no V8 flags";
}

/** How many runs are seen at once: the latest ones. */
const seen = 10;

function AllRuns({ runs, pages }: {
  runs: readonly Run[];
  pages: readonly string[];
}): JSX.Element {
  const sorted = runs.toSorted((a, b) => a.results.date < b.results.date ? 1 : -1);
  const [latest, earlier] = [sorted.slice(0, seen), sorted.slice(seen)];
  return (
    <>
      <RunsTable id="latest-runs" what="the latest first" runs={latest} pages={pages} />
      {earlier.length > 0 && (
        <Folded title={formatCount(earlier.length, "earlier run")}>
          <RunsTable id="earlier-runs" what="the earlier ones" runs={earlier} pages={pages} />
        </Folded>
      )}
    </>
  );
}

function RunsTable({ id, what, runs, pages }: {
  id: string;
  what: string;
  runs: readonly Run[];
  pages: readonly string[];
}): JSX.Element {
  return (
    <Table
      id={id}
      caption={`${formatCount(runs.length, "run")}, ${what}`}
      columns={[
        { title: "date", sort: "text" },
        { title: "pages", sort: null },
        { title: "machine", sort: "text" },
        { title: "commit", sort: "text" },
        { title: "engine", sort: "text" },
        { title: "suite", sort: "text" },
        { title: "results", sort: "number" },
        { title: "answer", sort: "text" },
      ]}
    >
      {runs.map(({ path, results }) => {
        const { date, environment, suite } = results;
        const { total, passed, sentence } = verified(results);
        return (
          <tr key={path} data-item>
            <th scope="row" data-value={date}>
              <time dateTime={date}>{formatDate(date)}</time>
              {stoppedEarly(results) && (
                <>
                  {" "}
                  <span class="tag warn">stopped early</span>
                </>
              )}
            </th>
            <td class="name">
              <LinksOf folder={folderOf({ path })} pages={pages} file />
            </td>
            <td class="name">{machineName(environment)}</td>
            <td class="name">
              {environment.commit === null ? "none" : formatCommit(environment.commit)}
            </td>
            <td class="name">{enginesOf(results)}, V8 {environment.v8}</td>
            <td class="name">{suite}</td>
            <NumberCell value={total}>
              {String(total)}
              {passed < total && <span class="detail none">{sentence}</span>}
            </NumberCell>
            <td class="prose">{headline(inWords(results))}</td>
          </tr>
        );
      })}
    </Table>
  );
}

function MachineSection(
  { id, machine, runs, trends }: MachineTrends & { id: string },
): JSX.Element {
  const drawn = trends.filter(({ paths }) => paths.length > 1);
  const looks = new Map(
    drawn.flatMap(({ lines }) => lines.slice(0, mostDrawn.lines)).map((line) => [line.name, line]),
  );
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{machine}</h2>
      {drawn.length === 0
        ? <p>{formatCount(runs.length, "run")}: a trend needs a workload that two runs have.</p>
        : (
          <>
            <p>
              Time of one call on a logarithmic axis: lower is better. The broad line is of whatever
              was the fastest; an upright one is where that stepped. At most the last{" "}
              {mostDrawn.runs} runs and the {mostDrawn.lines} fastest kernels are drawn.
            </p>
            <ul class="key" aria-label="Legend">
              {[...looks.values()].map((line) => (
                <li key={line.name}>
                  <Swatch series={line} /> {line.name}
                </li>
              ))}
            </ul>
            <div class="panels">
              {drawn.map((trend, i) => (
                <div
                  key={i}
                  data-item
                  data-words={trend.lines.map(({ name }) => name).join(" ")}
                >
                  <TrendPlot id={`${id}-trend-${i + 1}`} trend={trend} />
                </div>
              ))}
            </div>
          </>
        )}
      {trends.length > 0 && (
        <Folded
          title={`All ${
            formatCount(trends.reduce((sum, { lines }) => sum + lines.length, 0), "line")
          } as a table`}
        >
          <TrendsTable id={`${id}-trends`} machine={machine} trends={trends} />
        </Folded>
      )}
    </section>
  );
}

function TrendsTable({ id, machine, trends }: {
  id: string;
  machine: string;
  trends: MachineTrends["trends"];
}): JSX.Element {
  return (
    <Table
      id={id}
      caption={`Times on ${machine}: of each kernel, and of the fastest`}
      columns={[
        { title: "workload", sort: "text" },
        { title: "kernel", sort: "text" },
        { title: "runs", sort: "number" },
        { title: "first", sort: "number" },
        { title: "latest", sort: "number" },
        { title: "last step", sort: "text" },
      ]}
    >
      {trends.flatMap(({ workload, shape, best, lines }, i) =>
        [{ ...best, name: `fastest (now ${best.name})` }, ...lines].map((line, j) => (
          <tr key={`${i} ${j}`} data-item>
            <th scope="row">
              <span class="title">{workload}</span> <span class="detail shape">{shape}</span>
            </th>
            <td class="name">{line.name}</td>
            <NumberCell value={line.points.length}>{String(line.points.length)}</NumberCell>
            <TimeCell point={line.points[0]} />
            <TimeCell point={line.points.at(-1)} />
            <StepCell line={line} />
          </tr>
        ))
      )}
    </Table>
  );
}

function TimeCell({ point }: { point: Line["points"][number] | undefined }): JSX.Element {
  if (!point) return <NumberCell value={null}>–</NumberCell>;
  return <NumberCell value={point.seconds}>{formatTime(point.seconds)}</NumberCell>;
}

/** Fewer runs than these can show no step. */
const fewest = 4;

function StepCell({ line: { points, steps } }: { line: Line }): JSX.Element {
  const step = steps.at(-1);
  if (!step) return <td class="prose">{points.length < fewest ? "too few runs" : "no step"}</td>;
  const looks = step.ratio > 1 ? "bad" : "good";
  return (
    <td class={`prose verdict ${looks}`}>
      <b>{stepText(step)}</b>
    </td>
  );
}

function Broken({ problems, pages }: {
  problems: readonly Problem[];
  pages: readonly string[];
}): JSX.Element {
  return (
    <section aria-labelledby="broken">
      <h2 id="broken">Runs that cannot be read</h2>
      <Table
        id="broken-runs"
        caption={`${formatCount(problems.length, "run")} left out, and why`}
        columns={[
          { title: "folder", sort: "text" },
          { title: "reason", sort: "text" },
          { title: "pages", sort: null },
        ]}
      >
        {problems.map((problem) => (
          <tr key={problem.path} data-item>
            <th scope="row">{cleanText(folderOf(problem), 120)}</th>
            <td class="prose">{cleanText(problem.reason, 400)}</td>
            <td class="name">
              <LinksOf folder={folderOf(problem)} pages={pages} file={false} />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/**
 * The page as the text of an HTML file, for the folder itself. `client` is the
 * browser code, or null for a page without search and sorting.
 */
export async function renderIndex(found: RunsFolder, client: string | null): Promise<string> {
  return await htmlDocument({
    title: "Densemark: past runs",
    style: styleSheet() + indexStyle,
    body: <Page {...found} script={client !== null} />,
    ...(client === null ? {} : { script: client }),
  });
}
