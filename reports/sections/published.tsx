/**
 * Published figures for the shapes of the run, as context.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatRatio } from "../../common/numbers.ts";
import type { Published, Results } from "../../results/schema.ts";
import { NumberCell, Table } from "./table.tsx";

/** Published figures of other machines. */
export function PublishedFigures({ results, published }: {
  results: Results;
  published: readonly Published[];
}): JSX.Element {
  const best = (workload: string) =>
    Math.max(
      0,
      ...results.results.filter((result) =>
        result.workload === workload && result.pass === "forward" &&
        result.verification.status === "passed"
      ).map(({ gflops }) => gflops ?? 0),
    );
  return (
    <>
      <p>
        Figures of other machines, some of them for integers in place of floating point: context for
        the shapes, not a comparison of kernels.
      </p>
      <Table
        id="published-table"
        caption={[...new Set(published.map(({ source }) => source))].join("; ")}
        columns={[
          { title: "workload", sort: "text" },
          { title: "machine", sort: "text" },
          { title: "GFLOP/s", sort: "number" },
          { title: "as a multiple of the fastest here", sort: "number" },
        ]}
      >
        {published.map((figure, i) => <FigureLine key={i} figure={figure} best={best} />)}
      </Table>
    </>
  );
}

function FigureLine(
  { figure: { workload, device, gflops }, best }: {
    figure: Published;
    best: (workload: string) => number;
  },
): JSX.Element {
  const here = best(workload);
  return (
    <tr>
      <th scope="row">
        <span class="title">{workload}</span>
      </th>
      <td>{device}</td>
      <NumberCell value={gflops}>{formatNumber(gflops)}</NumberCell>
      <NumberCell value={here > 0 ? gflops / here : null}>
        {here > 0 ? formatRatio(gflops / here) : "–"}
      </NumberCell>
    </tr>
  );
}
