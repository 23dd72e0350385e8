/**
 * Where the numbers come from and what they mean: command, machine, kernels,
 * published figures, the terms, and what a Dense layer computes.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { formatDate } from "../format.ts";
import { formatCount, formatPercent, formatWhole } from "../../common/numbers.ts";
import { formatDuration } from "../../common/units.ts";
import type { KernelRecord, Results } from "../../results/schema.ts";
import { verifiedSeconds } from "../../results/query.ts";
import type { ExampleLayer } from "../example.ts";
import { stoppedEarly } from "../findings.ts";
import { Folded } from "./folded.tsx";
import { LayerParts } from "./layer.tsx";
import { PublishedFigures } from "./published.tsx";
import { environmentRows, Facts, KernelLabel, NumberCell, Table } from "./table.tsx";

/** Where the numbers come from: the command, what is computed, and folded the machine, the kernels and the terms. */
export function Provenance({ results, example }: {
  results: Results;
  example: ExampleLayer;
}): JSX.Element {
  const published = results.published ?? [];
  return (
    <section aria-labelledby="environment">
      <h2 id="environment">Where this comes from</h2>
      <Command results={results} />
      <Folded title="Machine and software">
        <MachineFacts results={results} id="environment" />
      </Folded>
      <Folded title="Kernels and peers">
        <p>
          A peer is another project’s library, measured on the same data as Densemark’s kernels.
        </p>
        <KernelsTable results={results} id="kernels-table" />
      </Folded>
      {published.length > 0 && (
        <Folded title="Published figures of other machines">
          <PublishedFigures results={results} published={published} />
        </Folded>
      )}
      <Folded title={<span id="reading">How to read this: what the terms mean</span>}>
        <Glossary runs={[results]} />
      </Folded>
      <LayerParts results={results} example={example} />
    </section>
  );
}

/** A line for each kernel and peer of a run. */
export function KernelsTable({ results, id }: { results: Results; id: string }): JSX.Element {
  return (
    <Table
      id={id}
      caption="The kernels and peers of this run"
      columns={[
        { title: "name", sort: "text" },
        { title: "computes on", sort: "text" },
        { title: "threads", sort: "number" },
        { title: "method", sort: null },
      ]}
    >
      {results.kernels.map(({ name, peer, device, threads, method, unavailable, ...more }) => (
        <tr key={name}>
          <th scope="row">
            <KernelLabel name={name} peer={peer} />
          </th>
          <td>{device || "–"}</td>
          <NumberCell value={threads}>{threads === 0 ? "–" : formatWhole(threads)}</NumberCell>
          <td class="prose">
            {unavailable === null ? method : `skipped: ${unavailable}`}
            {detailsOf(more).map((text) => <span key={text} class="detail">{text}</span>)}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** What distinguishes a kernel from others of its name. */
function detailsOf(
  { engine, version, controlOf }: Pick<KernelRecord, "engine" | "version" | "controlOf">,
): readonly string[] {
  return [
    ...(engine === undefined ? [] : [`engine: ${engine}`]),
    ...(version === undefined ? [] : [`version: ${version}`]),
    ...(controlOf === undefined
      ? []
      : [`A/A control of ${controlOf}: what no difference looks like`]),
  ];
}

/** The command that repeats the run. */
function Command({ results }: { results: Results }): JSX.Element {
  return (
    <>
      <p>This command repeats the run:</p>
      <pre tabIndex={0} role="region" aria-label="Command"><code>{results.command}</code></pre>
    </>
  );
}

function MachineFacts({ results, id }: { results: Results; id: string }): JSX.Element {
  const rows: readonly (readonly [string, string])[] = [
    ...environmentRows(results.environment, results.engine),
    ["started", formatDate(results.date)],
    [
      "took",
      formatDuration(results.elapsed) + (stoppedEarly(results) ? ", then stopped early" : ""),
    ],
    ["launches", formatWhole(results.launches ?? 1)],
    ["rounds of a launch", formatWhole(results.rounds)],
    ["seed", String(results.seed)],
    ...(results.results.some(({ cold }) => cold)
      ? [["caches", "emptied before each timed call of what is called cold"] as const]
      : []),
  ];
  return <Facts id={id} caption="The machine and the software" rows={rows} />;
}

/** The command, and the table of the machine and the run. */
export function MachineAndCommand(props: { results: Results; id: string }): JSX.Element {
  return (
    <>
      <Command results={props.results} />
      <MachineFacts {...props} />
    </>
  );
}

/** The terms as a section of their own. */
export function HowToRead(props: {
  runs: readonly Results[];
  /** Further terms. */
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <section aria-labelledby="reading">
      <h2 id="reading">How to read this</h2>
      <Glossary {...props} />
    </section>
  );
}

/** What the terms mean, and what the numbers leave out. */
function Glossary({ runs, children }: {
  runs: readonly Results[];
  /** Further terms. */
  children?: ComponentChildren;
}): JSX.Element {
  const levels = runs.flatMap(({ results }) => results)
    .flatMap((result) => verifiedSeconds(result)?.confidence ?? [])
    .filter((confidence) => confidence > 0);
  const least = levels.length > 0 ? levels.reduce((a, b) => Math.min(a, b)) : null;
  const rounds = runs.map((run) => run.rounds).toSorted((a, b) => a - b);
  const [fewest = 0, most = 0] = [rounds[0], rounds.at(-1)];
  const launched = runs.some(({ launches = 1 }) => launches > 1);
  return (
    <dl>
      {children}
      <dt>Median and interval</dt>
      <dd>
        The kernels {runs.length > 1 ? "of a run " : ""}were interleaved in {fewest === most
          ? formatCount(most, "round")
          : `${formatWhole(fewest)} to ${formatWhole(most)} rounds`}
        {launched ? " of each launch, which is a fresh process" : ""}; the median of a kernel’s
        times stands for it. {least === null
          ? "There were too few rounds for confidence intervals, so the numbers in brackets are " +
            "the least and the greatest time."
          : "In brackets are the ends of an interval that covers the true median with a " +
            // Rounded down, so as not to claim too much.
            `probability of ${formatPercent(Math.floor(least * 1000) / 1000, 3)} or more, ` +
            `as long as the ${launched ? "launches" : "rounds"} are independent of each other. ` +
            "It says nothing about other machines or other days."}{" "}
        A lead is called clear where two intervals do not overlap, or where the paired comparison of
        the two decides: times may vary with the machine and yet vary together.
      </dd>
      <dt>GFLOP/s</dt>
      <dd>
        The floating-point operations of a call divided by its time, in billions per second. They
        are 2·m·n·k: one multiplication and one addition for each of the m·n·k products; twice that
        for the backward pass, three times for a training step, and the sum over the layers of a
        network. Bias, activation, loss and update are not counted as operations, but their time is
        included, so the numbers understate the work done where these are costly.
      </dd>
      <dt>m, n, k</dt>
      <dd>m rows of the batch, n units, k inputs.</dd>
      <dt>Passes</dt>
      <dd>
        forward: y from x, with unchanged weights. forward-unpacked: the same, but the weights were
        written just before, which is not timed, so that a kernel cannot reuse what it derived from
        them. backward: the gradients of weights, bias and input. training: forward, the gradient of
        the loss, backward, and the update; kernels have no operations for loss and update, which
        are JavaScript on copies.
      </dd>
      <dt>Compared with the baseline</dt>
      <dd>
        The ratio of two times in the same rounds. Where there were several launches, fresh
        processes, each counts as one value, since much is decided once in a process: six or more
        give a Hodges–Lehmann estimate with its exact signed-rank interval, two to five a mean with
        Student’s; of one launch, its rounds are taken, and what differs between processes is in no
        interval. Faster or slower: the interval excludes 1, and the estimate lies beyond 3 %, or
        beyond twice the noise floor of the run where that is more. Equivalent: the interval lies
        within 3 %. Inconclusive: none of these, the run cannot decide.
      </dd>
      <dt>Single calls: p95, p99, two speeds</dt>
      <dd>
        95 of 100 calls, timed one by one, took no longer than p95, and 99 of 100 no longer than
        p99. Calls that are shorter than the clock can tell are timed several together. Two speeds:
        in each launch the times gather around two values with few between them.
      </dd>
      <dt>Verification</dt>
      <dd>
        Every output that is timed is checked. A result that was not verified has no speed here and
        is left out of all comparisons.
      </dd>
      <dt>Warm-up</dt>
      <dd>
        Calls made before timing started, until the times showed no trend. The very first call is
        slower: code is compiled and memory is touched for the first time.
      </dd>
      <dt id="flags">With flags, without flags</dt>
      <dd>
        V8 without flags is what programs run on unless they set them, and its WebAssembly vectors
        have 128 bits. With the flags of the tasks it may make pairs of them 256 bits wide. Where a
        kernel ran with both and its times show no difference beyond the noise of the run, charts
        and rankings have one of the two, under the kernel’s name alone.
      </dd>
      <dt>Colours and shapes</dt>
      <dd>
        A kernel has the same colour and shape in every chart, on every page and in every run. Where
        it ran with V8 flags and without, the marks without flags are hollow.
      </dd>
      <dt>Logarithmic axes</dt>
      <dd>
        Equal distances are equal ratios: from 1 to 2 is as far as from 50 to 100. Such an axis has
        no zero, so the charts have dots and no bars.
      </dd>
    </dl>
  );
}
