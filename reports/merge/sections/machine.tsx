/**
 * One machine of a merged report: what its run found, its charts, what failed,
 * and, folded, all measurements and their provenance.
 *
 * @module
 */
import type { JSX } from "preact";
import { answer, cautions, stoppedEarly, verified } from "../../findings.ts";
import { formatDate } from "../../format.ts";
import { formatWhole } from "../../../common/numbers.ts";
import type { Results } from "../../../results/schema.ts";
import { Figures, noSpeed } from "../../sections/charts.tsx";
import { isLong } from "../../row_details.ts";
import { CompactTable } from "../../sections/compact.tsx";
import { Folded } from "../../sections/folded.tsx";
import { MeasurementsTable } from "../../sections/measurements.tsx";
import { FailuresList } from "../../sections/right.tsx";
import { KernelsTable, MachineAndCommand } from "../../sections/provenance.tsx";
import type { Machine } from "../machines.ts";

/** The section of a machine. */
export function MachineSection({ machine, script }: {
  machine: Machine;
  script: boolean;
}): JSX.Element {
  const { id, name, results, series } = machine;
  const { environment, engine } = results;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      <p class="run">
        Suite <b>{results.suite}</b>,{" "}
        <time dateTime={results.date}>{formatDate(results.date)}</time>,{" "}
        {formatWhole(environment.cores)} logical cores, Deno {environment.deno}, engine {engine}
        {stoppedEarly(results) && (
          <>
            {" "}
            <span class="tag warn">stopped early</span>
          </>
        )}
      </p>
      {answer(results).map((text, i) => <p key={i}>{text}</p>)}
      <p>
        <Badge results={results} />
      </p>
      {cautions(results).map((text, i) => <p key={i} class="note">{text}</p>)}
      {series.length === 0 ? <p>{noSpeed}</p> : script && (
        <Figures
          results={results}
          series={series}
          prefix={`${id}-`}
          numbers={`${id}-all-caption`}
        />
      )}
      <h3 class="part">Failed and skipped</h3>
      <FailuresList results={results} />
      {results.results.length > 0 && (
        <Folded title={`All ${formatWhole(results.results.length)} measurements`}>
          {isLong(results)
            ? (
              <>
                <p>
                  The page of this run alone has verification, single calls, warm-up and memory too.
                </p>
                <CompactTable
                  results={results}
                  id={`${id}-all`}
                  caption={`All ${formatWhole(results.results.length)} results`}
                />
              </>
            )
            : <MeasurementsTable results={results} id={`${id}-all`} />}
        </Folded>
      )}
      <Folded title="Kernels">
        <KernelsTable results={results} id={`${id}-kernels`} />
      </Folded>
      <Folded title="Machine and command">
        <MachineAndCommand results={results} id={`${id}-environment`} />
      </Folded>
    </section>
  );
}

/** Whether all results of a run were verified. */
export function Badge({ results }: { results: Results }): JSX.Element {
  const { total, passed, sentence } = verified(results);
  const good = total > 0 && passed === total;
  return (
    <span class={`badge ${good ? "good" : "bad"}`}>
      <span aria-hidden="true">{good ? "✓" : "✗"}</span> {sentence}
    </span>
  );
}
