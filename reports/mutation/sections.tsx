/**
 * The parts of the page of a mutation test: the rates, the mutants, what did
 * not count, and how to read them.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber } from "../../common/numbers.ts";
import { formatDuration } from "../../common/units.ts";
import { intervalNote, placeOf } from "../../results/mutation/outcome.ts";
import type { KillRate, MutantRecord, Mutation } from "../../results/mutation/schema.ts";
import { IntervalPlot } from "../calibration/plot.tsx";
import { formatDate } from "../format.ts";
import { environmentRows, Facts, NumberCell, Table } from "../sections/table.tsx";
import { killedText, witnessText } from "./findings.ts";

const groupTitles: Readonly<Record<KillRate["group"], string>> = {
  all: "All mutants",
  kernel: "By kernel",
  kind: "By what is mutated",
  operator: "By operator",
  check: "By check, of the mutants that met it",
};

/** The share that survives, as the plot has it: few would be good. */
function surviving({ killed, of, low, high }: KillRate) {
  return { found: of - killed, of, low: 1 - high, high: 1 - low, good: "few" } as const;
}

/** The kill rates. */
export function RatesSection({ rates }: Pick<Mutation, "rates">): JSX.Element {
  const shown = rates.filter(({ group, of }) => group !== "check" && of > 0);
  const groups = [...Map.groupBy(rates, ({ group }) => group)];
  return (
    <section aria-labelledby="rates">
      <h2 id="rates">Kill rates</h2>
      {shown.length > 0 && (
        <IntervalPlot
          id="rates-plot"
          title="Mutants that survive: few would be good"
          rows={shown.map((rate) => ({ label: rate.name, count: surviving(rate) }))}
        />
      )}
      {shown.length > 0 && <p>{intervalNote}</p>}
      {groups.map(([group, own]) => (
        <Table
          key={group}
          id={`rates-${group}`}
          caption={groupTitles[group]}
          columns={[
            { title: group === "all" ? "mutants" : group, sort: "text" },
            { title: "killed", sort: "number" },
            { title: "share (interval as of a simple random sample)", sort: "number" },
            { title: "hung or crashed", sort: "number" },
            { title: "equivalent", sort: "number" },
            { title: "invalid", sort: "number" },
            { title: "time", sort: "number" },
            { title: "kills a second", sort: "number" },
          ]}
        >
          {own.map((rate) => (
            <tr key={rate.name}>
              <th scope="row">{rate.name}</th>
              <NumberCell value={rate.killed}>{rate.killed} of {rate.of}</NumberCell>
              <NumberCell value={rate.of === 0 ? null : rate.killed / rate.of}>
                {killedText(rate)}
              </NumberCell>
              <NumberCell value={rate.lost}>{rate.lost}</NumberCell>
              <NumberCell value={rate.equivalent}>{rate.equivalent}</NumberCell>
              <NumberCell value={rate.invalid}>{rate.invalid}</NumberCell>
              <NumberCell value={rate.seconds}>{formatDuration(rate.seconds)}</NumberCell>
              <NumberCell value={rate.seconds === 0 ? null : rate.killed / rate.seconds}>
                {rate.seconds === 0 ? "" : formatNumber(rate.killed / rate.seconds)}
              </NumberCell>
            </tr>
          ))}
        </Table>
      ))}
    </section>
  );
}

/** Mutants with what was changed, and why they are equivalent or what a search found. */
export function MutantTable({ id, caption, mutants }: {
  id: string;
  caption: string;
  mutants: readonly MutantRecord[];
}): JSX.Element {
  return (
    <Table
      id={id}
      caption={caption}
      columns={[
        { title: "kernel", sort: "text" },
        { title: "place", sort: "text" },
        { title: "operator", sort: "text" },
        { title: "change", sort: null },
        { title: "survived", sort: "text" },
        { title: "a call that differs", sort: null },
        { title: "reason", sort: null },
      ]}
    >
      {mutants.map((one) => (
        <tr key={one.id}>
          <th scope="row">{one.kernel}</th>
          <td>{placeOf(one)}</td>
          <td>{one.operator}</td>
          <td class="prose">
            <code>{one.place}</code> → <code>{one.becomes}</code>
          </td>
          <td>{one.effort}</td>
          <td class="prose">{witnessText(one)}</td>
          <td class="prose">{one.equivalent ?? ""}</td>
        </tr>
      ))}
    </Table>
  );
}

/** The mutants that are no program. */
export function InvalidSection({ mutants }: Pick<Mutation, "mutants">): JSX.Element {
  const reasons = Map.groupBy(
    mutants.filter(({ outcome }) => outcome === "invalid"),
    ({ detail }) => detail,
  );
  return (
    <section aria-labelledby="invalid">
      <h2 id="invalid">What did not count</h2>
      {reasons.size === 0 ? <p>Every mutant was a program.</p> : (
        <Table
          id="invalid-table"
          caption="Mutants that cannot be imported or compiled, or whose code is never reached"
          columns={[{ title: "reason", sort: "text" }, { title: "mutants", sort: "number" }]}
        >
          {[...reasons].map(([reason, own]) => (
            <tr key={reason}>
              <th scope="row">{reason}</th>
              <NumberCell value={own.length}>{own.length}</NumberCell>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** The machine, the software and the command. */
export function EnvironmentSection({ mutation }: { mutation: Mutation }): JSX.Element {
  const { environment, engine, settings, date, command } = mutation;
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">Machine and command</h2>
      <p>This command tried the mutants:</p>
      <pre tabIndex={0} aria-label="Command"><code>{command}</code></pre>
      <Facts
        id="environment"
        caption="The machine and the software"
        rows={[
          ...environmentRows(environment, engine),
          ["started", formatDate(date)],
          ["seed", String(settings.seed)],
          ["code", settings.code],
        ]}
      />
    </section>
  );
}

/** What the terms mean. */
export function HowToRead(): JSX.Element {
  return (
    <section aria-labelledby="reading">
      <h2 id="reading">How to read this</h2>
      <dl>
        <dt>Mutant</dt>
        <dd>
          One kernel with one change of its code, made by an operator at a place that the seed drew.
          A change of code that several kernels share is one mutant of each.
        </dd>
        <dt>Killed</dt>
        <dd>
          A check of the verifier failed, or the kernel hung, crashed or could not be made.
        </dd>
        <dt>Not counted</dt>
        <dd>
          Invalid mutants, which cannot be imported or compiled or are never reached, and equivalent
          ones, for which a reason is kept with the code.
        </dd>
        <dt>A call that differs</dt>
        <dd>
          Survivors are compared with the original on random calls, bit for bit. A difference shows
          that the mutant is not equivalent, though it may still keep to the contract; none shows
          that it is hard to tell from the original.
        </dd>
        <dt>Intervals</dt>
        <dd>
          Those of Clopper and Pearson. {intervalNote}{" "}
          By check, they hold for the order in which the checks were run.
        </dd>
      </dl>
    </section>
  );
}
