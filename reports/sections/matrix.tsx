/**
 * The factor-to-best matrix: workloads by contenders, the one that is nearest to the
 * best on average first, every cell its time as a multiple of the best and its
 * GFLOP/s. A table that needs no script; colour repeats what the numbers say.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { factorStep } from "../palette.ts";
import { mostRows, rowsOnPhone } from "../style.ts";
import { type RankCell, type Ranking, rankingOf, type RankRow } from "../ranking.ts";
import { partsOfName } from "../engine_names.ts";
import type { Series } from "../series.ts";
import { Swatch } from "./chart.tsx";
import { Peer } from "./table.tsx";

/** The matrix of a run; nothing where nothing has a verified time. */
export function MatrixSection({ results }: { results: Results }): JSX.Element | null {
  const ranking = rankingOf(results);
  if (ranking.rows.length === 0) return null;
  // Where there was no choice there is no factor to see, so that these rows come last.
  const contested = ({ cells }: RankRow) => cells.filter((cell) => cell !== null).length > 1;
  const rows = [
    ...ranking.rows.filter(contested),
    ...ranking.rows.filter((row) => !contested(row)),
  ];
  const more = rows.length - rowsOnPhone;
  return (
    <div class={rows.length > mostRows ? "matrix long" : "matrix"}>
      {more > 0 && (
        <label class="more">
          <input type="checkbox" /> Show all {rows.length} workloads
        </label>
      )}
      <Matrix ranking={{ ...ranking, rows }} />
    </div>
  );
}

function Matrix({ ranking: { columns, rows } }: { ranking: Ranking }): JSX.Element {
  const tie = rows.some((row) => row.tie);
  return (
    <div class="scroll" role="region" aria-labelledby="matrix-caption" tabIndex={0}>
      <table id="matrix">
        <caption id="matrix-caption">
          <span class="wide">
            Time as a multiple of the fastest, and GFLOP/s below; under each name its mean, the
            least first.
            {tie && " Hatched: may be as fast as the fastest, by intervals and paired comparison."}
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col" data-sort="text">workload</th>
            {columns.map((column) => (
              <th key={column.name} scope="col" class="number" data-sort="number">
                <Contender series={column} />
                <span class="detail">{formatRatio(column.mean)}x</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.workload.key} row={row} />)}</tbody>
      </table>
    </div>
  );
}

/** The name of a column below the mark that it has in the charts, its engine apart. */
function Contender({ series }: { series: Series }): JSX.Element {
  const [name, engine] = partsOfName(series.name);
  return (
    <>
      <Swatch series={series} /> <span class="title">{name}</span>
      {engine && (
        <>
          {" "}
          <span class="engine">{engine}</span>
        </>
      )}
      {series.peer && (
        <>
          {" "}
          <Peer />
        </>
      )}
    </>
  );
}

function Row({ row: { workload, cells, tie } }: { row: RankRow }): JSX.Element {
  const { label, m, n, k } = workload;
  return (
    <tr>
      <th scope="row">
        <span class="title">{label}</span> <span class="detail shape">{m}×{n}×{k}</span>
      </th>
      {cells.map((cell, i) => <Cell key={i} cell={cell} tie={tie} />)}
    </tr>
  );
}

function Cell({ cell, tie }: { cell: RankCell | null; tie: boolean }): JSX.Element {
  if (!cell) return <td>–</td>;
  const { factor, gflops, best } = cell;
  // Nothing but these, since there are as many cells as results.
  return (
    <td class={`q${factorStep(factor)}${tie && best ? " tie" : ""}`}>
      {formatRatio(factor)}x <i>{formatNumber(gflops)}</i>
    </td>
  );
}
