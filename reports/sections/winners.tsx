/**
 * The maps of winners: which contender is the fastest at each batch size and
 * number of units, and by how much. A table for each layer, whose grounds repeat
 * the names in the colours of the charts.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatRatio, formatWhole } from "../../common/numbers.ts";
import { formatList } from "../../common/text.ts";
import type { Results } from "../../results/schema.ts";
import { titleOf, type WinnerCell, type WinnerMap, winnerMaps } from "../../results/winner_map.ts";
import { withoutRepeats } from "../engine_names.ts";
import { seriesStyle } from "../palette.ts";
import { seriesOf } from "../series.ts";

/** The maps of a run; nothing where it has none. */
export function WinnersSection({ results }: { results: Results }): JSX.Element | null {
  const maps = winnerMaps(withoutRepeats(results));
  if (maps.length === 0) return null;
  const colors = new Map(
    seriesOf(results).map(({ name, index }) => [name, seriesStyle(index).color]),
  );
  return (
    <section aria-labelledby="winners">
      <h2 id="winners">Fastest by size</h2>
      <p>
        The fastest at each batch size and number of units, and how many times as fast it is as the
        next one. Hatched: those after “=” may be as fast, since their intervals overlap with its
        own.
      </p>
      {maps.map((map, i) => <Winners key={i} map={map} id={`winners-${i}`} colors={colors} />)}
    </section>
  );
}

/** The number of each contender's colour. */
type Colors = ReadonlyMap<string, number>;

function Winners({ map, id, colors }: {
  map: WinnerMap;
  id: string;
  colors: Colors;
}): JSX.Element {
  const { rows, units, cells } = map;
  return (
    <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
      <table class="winners">
        <caption id={id}>{titleOf(map)}</caption>
        <thead>
          <tr>
            <th scope="col">rows</th>
            {units.map((n) => <th key={n} scope="col">{formatWhole(n)} units</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((m) => (
            <tr key={m}>
              <th scope="row" class="number">{formatWhole(m)}</th>
              {units.map((n) => (
                <Winner
                  key={n}
                  cell={cells.find((cell) => cell.m === m && cell.n === n)}
                  colors={colors}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** So many that may be as fast are named in a cell; the matrix has all. */
const mostNamed = 2;

function Winner({ cell, colors }: { cell: WinnerCell | undefined; colors: Colors }): JSX.Element {
  if (!cell) return <td>–</td>;
  const { kernel, gflops, lead, level } = cell;
  const color = colors.get(kernel);
  const looks = [
    ...(color === undefined ? [] : [`w${color}`]),
    ...(level.length > 0 ? ["level"] : []),
  ];
  return (
    <td class={looks.join(" ")}>
      <span class="title">{kernel}</span>{" "}
      <span class="detail">
        {level.length > 0
          ? `= ${formatList(level, { most: mostNamed })}; `
          : lead === null
          ? ""
          : `${formatRatio(lead)}x, `}
        <span class="shape">{formatNumber(gflops)} GFLOP/s</span>
      </span>
    </td>
  );
}
