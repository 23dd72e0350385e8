/**
 * The parts of a page that compares runs: what they differ in, workloads by kernels
 * with verdicts, a chart of the ratios, and a table of all of them. The same parts
 * are written when a page is made and drawn in it when a file is dropped on it.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount, formatInterval, formatPercent, formatRatio } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import { formatTime } from "../../common/units.ts";
import { workloadName } from "../../results/query.ts";
import { rowsHeight } from "../heights.ts";
import { ChartPlace, Swatch } from "../sections/chart.tsx";
import { Folded } from "../sections/folded.tsx";
import { NumberCell, Peer, sortKey, Table } from "../sections/table.tsx";
import { colourOf, type ComparedCell, leastShown } from "./compare.ts";
import { compareFacts, type Fact } from "./facts.ts";
import { aloneIn, type Grid, gridOf, howOf, type Pair, type Side, speedOf } from "./findings.ts";

/** What runs differ in, and, folded, what is the same in all of them. */
export function DifferencesTable({ id, sides }: {
  id: string;
  sides: readonly Side[];
}): JSX.Element {
  const { differing, equal } = compareFacts(sides.map(({ results }) => results));
  const letters = sides.map(({ letter }) => letter);
  return (
    <>
      {differing.length === 0
        ? <p>Nothing that the files say of machine, software, commit and date differs.</p>
        : (
          <FactsTable
            id={`${id}-differing`}
            caption={`What differs between ${formatList(letters)}`}
            letters={letters}
            facts={differing}
          />
        )}
      {equal.length > 0 && (
        <Folded title={`The same in ${sides.length > 2 ? "all" : "both"}: ${namesOf(equal)}`}>
          <FactsTable
            id={`${id}-equal`}
            caption={`What is the same in ${formatList(letters)}`}
            letters={[sides.length > 2 ? "all" : "both"]}
            facts={equal.map(({ name, values }) => ({ name, values: values.slice(0, 1) }))}
          />
        </Folded>
      )}
    </>
  );
}

function namesOf(facts: readonly Fact[]): string {
  return formatList(facts.map(({ name }) => name), { most: 6 });
}

function FactsTable({ id, caption, letters, facts }: {
  id: string;
  caption: string;
  letters: readonly string[];
  facts: readonly Fact[];
}): JSX.Element {
  return (
    <Table
      id={id}
      kind="runs"
      caption={caption}
      columns={["", ...letters].map((title) => ({
        title: title || <span class="unseen">what</span>,
        sort: null,
      }))}
    >
      {facts.map(({ name, values }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          {values.map((value, i) => <td key={i}>{value}</td>)}
        </tr>
      ))}
    </Table>
  );
}

/** What two runs say of each other, below their differences. */
export function ComparisonParts({ pair, script, level }: {
  pair: Pair;
  script: boolean;
  /** The level of headings in it. */
  level: 3 | 4;
}): JSX.Element {
  const { old, now, comparison } = pair;
  const grid = gridOf(pair);
  const chance =
    comparison.cells.filter((cell) =>
      (cell.verdict === "faster" || cell.verdict === "slower") && colourOf(cell) === null
    ).length;
  return (
    <>
      {comparison.differences.length > 0 && (
        <p class="note">
          The runs differ in{" "}
          {formatList(comparison.differences.map(({ what }) => what))}: a ratio says what is faster
          there, and nothing of the code alone.
        </p>
      )}
      {grid.rows.length === 0
        ? (
          <p>
            {old.letter} and {now.letter} have no kernel timed on the same workload.
          </p>
        )
        : (
          <>
            <VerdictGrid pair={pair} grid={grid} />
            <p class="hint">
              Two runs of the same code on one machine are taken to differ by{" "}
              {formatPercent(comparison.spread)}, so that two files show no difference below about
              {" "}
              {formatPercent(leastShown(comparison))}. To see smaller ones,{" "}
              <code>deno task bench --against OLD</code>{" "}
              interleaves both versions in one run.{chance > 0 &&
                ` ${formatCount(chance, "verdict")} of faster or slower may be chance among ${
                  formatCount(comparison.cells.length, "comparison")
                }, and ${chance === 1 ? "has" : "have"} no colour.`}
            </p>
            {script && <RatioPlace pair={pair} grid={grid} level={level} />}
            <Folded title={`All ${formatCount(comparison.cells.length, "comparison")}`}>
              <ComparisonTable pair={pair} grid={grid} />
            </Folded>
          </>
        )}
      <Unpaired pair={pair} />
    </>
  );
}

/** The class of a cell: a colour only where the verdict holds among all of the comparison. */
function lookOf(cell: ComparedCell): string {
  const colour = colourOf(cell);
  if (colour !== null) return colour === "green" ? "gain" : "loss";
  return cell.verdict === "inconclusive" ? "level" : "";
}

/** Workloads by kernels: how many times as fast, and the verdict. */
function VerdictGrid({ pair: { id, old, now }, grid: { columns, rows } }: {
  pair: Pair;
  grid: Grid;
}): JSX.Element {
  return (
    <Table
      id={`${id}-verdicts`}
      kind="verdicts"
      caption={`How many times as fast as in ${old.letter} it is in ${now.letter}. Coloured: ` +
        "faster or slower, also among so many comparisons. Hatched: inconclusive."}
      columns={[
        { title: "workload", sort: "text" },
        ...columns.map(({ series, how }) => ({
          title: (
            <>
              <Swatch series={series} /> {series.name}
              {series.peer && (
                <>
                  {" "}
                  <Peer />
                </>
              )}
              {how !== "" && <span class="detail">not run alike</span>}
            </>
          ),
          sort: "number" as const,
        })),
      ]}
    >
      {rows.map(({ label, cells }, i) => (
        <tr key={i}>
          <th scope="row">
            <span class="title">{label}</span>
          </th>
          {cells.map((cell, j) =>
            cell === null ? <NumberCell key={j} value={null}>–</NumberCell> : (
              <td
                key={j}
                class={`number ${lookOf(cell)}`.trim()}
                data-value={sortKey(speedOf(cell).value)}
              >
                <span class="value">{formatRatio(speedOf(cell).value)}x</span>{" "}
                <span class="detail">{cell.verdict}</span>
              </td>
            )
          )}
        </tr>
      ))}
    </Table>
  );
}

/** The most workloads in the chart: those with the largest differences. */
export const mostRows = 40;

/** How high the chart of ratios is. */
export function ratioHeight(rows: number, columns: number): number {
  return rowsHeight(rows) + rows * 6 * Math.max(0, Math.min(columns, 12) - 4);
}

function RatioPlace({ pair: { id, old, now }, grid: { columns, rows }, level }: {
  pair: Pair;
  grid: Grid;
  level: 3 | 4;
}): JSX.Element {
  const [a, b] = [old.letter, now.letter];
  const shown = Math.min(rows.length, mostRows);
  const title = `Speed in ${b} as a multiple of that in ${a}`;
  return (
    <ChartPlace
      id={`${id}-ratios`}
      title={title}
      text={`Right of 1 it is faster in ${b}. Whiskers are 95 % intervals; what differs from run ` +
        `to run is allowed for.${
          shown < rows.length ? ` The ${shown} workloads with the largest differences.` : ""
        }`}
      label={`${title}: dots with intervals on ${formatCount(shown, "workload")}, for ${
        columns.map(({ series: { name } }) => name).join(", ")
      }. The table below has its numbers.`}
      numbers={`${id}-all-caption`}
      height={ratioHeight(shown, columns.length)}
      level={level}
    />
  );
}

/** Every comparison with its times, its interval and what differs in how it ran. */
function ComparisonTable({ pair, grid }: { pair: Pair; grid: Grid }): JSX.Element {
  const { id, old, now } = pair;
  const alike = grid.columns.every(({ how }) => how === "");
  return (
    <Table
      id={`${id}-all`}
      caption={`All comparisons: times of one call, and how many times as fast it is in ${now.letter}`}
      columns={[
        { title: "workload", sort: "text" },
        { title: "kernel", sort: "text" },
        { title: `time in ${old.letter}`, sort: "number" },
        { title: `time in ${now.letter}`, sort: "number" },
        { title: "times as fast (interval)", sort: "number" },
        { title: "verdict", sort: "text" },
        ...(alike ? [] : [{ title: "ran in another way", sort: "text" as const }]),
      ]}
    >
      {grid.columns.flatMap(({ series, cells }) =>
        cells.map((cell) => {
          const { value, interval } = speedOf(cell);
          const text = interval && formatInterval(value, interval.low, interval.high);
          return (
            <tr key={`${series.name} ${cell.workload} ${cell.pass}`}>
              <th scope="row">
                <span class="title">{workloadName(cell)}</span>
              </th>
              <td class="name">{series.name}</td>
              <NumberCell value={cell.old}>{formatTime(cell.old)}</NumberCell>
              <NumberCell value={cell.new}>{formatTime(cell.new)}</NumberCell>
              <NumberCell value={value}>
                <span class="value">{formatRatio(value)}x</span>{" "}
                <span class="interval">
                  {text ? `(${text.low}–${text.high})` : "too few rounds for an interval"}
                </span>
              </NumberCell>
              <td class={lookOf(cell)}>{cell.verdict}</td>
              {!alike && <td class="prose">{howOf(cell, pair) || "–"}</td>}
            </tr>
          );
        })
      )}
    </Table>
  );
}

/** What is in one run alone, was not the same in both, or has no time. */
function Unpaired({ pair: { old, now, comparison } }: { pair: Pair }): JSX.Element | null {
  const { onlyOld, onlyNew, changed, failed } = comparison;
  const letterOf = { old: old.letter, new: now.letter };
  const lists = [
    [`In ${old.letter} alone`, aloneIn(onlyOld)],
    [`In ${now.letter} alone`, aloneIn(onlyNew)],
    [
      "Not the same in both",
      changed.map((cell) =>
        `${cell.kernel} on ${workloadName(cell)}: ${
          cell.differences.map((one) =>
            `${one.what} ${one.old} in ${old.letter}, ${one.new} in ${now.letter}`
          ).join("; ")
        }`
      ),
    ],
    [
      "Without a time",
      failed.map((cell) =>
        `${cell.kernel} on ${workloadName(cell)} in ${letterOf[cell.file]}: ${cell.detail}`
      ),
    ],
  ] as const;
  const some = lists.filter(([, lines]) => lines.length > 0);
  if (some.length === 0) return null;
  const count = onlyOld.length + onlyNew.length + changed.length + failed.length;
  return (
    <Folded title={`Not compared: ${formatCount(count, "result")}`}>
      {some.map(([title, lines]) => (
        <div key={title}>
          <p>
            <b>{title}</b>
          </p>
          <ul>{lines.slice(0, mostLines).map((line, i) => <li key={i}>{line}</li>)}</ul>
          {lines.length > mostLines && <p>… and {lines.length - mostLines} more.</p>}
        </div>
      ))}
    </Folded>
  );
}

/** The most lines of a list of what could not be compared. */
const mostLines = 40;
