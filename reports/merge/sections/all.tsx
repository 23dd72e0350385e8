/**
 * The table of everything: workloads by machine and kernel.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatInterval } from "../../../common/numbers.ts";
import { MarkerShape, noSpeed, SpeedNote } from "../../sections/charts.tsx";
import { KernelLabel, NumberCell, Table, WithInterval } from "../../sections/table.tsx";
import type { MergedTable } from "../machines.ts";

/** Every workload on every machine, or that there is none. */
export function AllMachines({ table, script }: {
  table: MergedTable;
  script: boolean;
}): JSX.Element {
  const { columns, rows } = table;
  const groups = [...Map.groupBy(columns, ({ machine }) => machine)];
  return (
    <section aria-labelledby="all">
      <h2 id="all">All runs</h2>
      {rows.length === 0 ? <p>{noSpeed}</p> : (
        <>
          <SpeedNote script={script} />
          <Table
            id="all-machines"
            kind="merged"
            caption="Throughput by run and kernel: GFLOP/s of the median (interval)"
            columns={[
              { title: "workload", sort: "text" },
              ...columns.map(({ kernel: { name, peer } }) => ({
                title: <KernelLabel name={name} peer={peer} />,
                sort: "number" as const,
              })),
            ]}
            groups={groups.map(([{ name }, { length }]) => ({ title: name, span: length }))}
          >
            {rows.map(({ at, cells }) => (
              <tr key={at.key}>
                <th scope="row">
                  <span class="title">{at.label}</span>{" "}
                  <span class="detail">
                    <MarkerShape of={at} why={false} />
                  </span>
                </th>
                {cells.map((cell, i) =>
                  typeof cell === "string"
                    ? (
                      <NumberCell key={i} value={null}>
                        – <span class="missing">{cell}</span>
                      </NumberCell>
                    )
                    : (
                      <NumberCell key={i} value={cell.value}>
                        <WithInterval {...formatInterval(cell.value, cell.low, cell.high)} />
                      </NumberCell>
                    )
                )}
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}
