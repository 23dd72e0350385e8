/**
 * The errors of the activations: against x, over all signs and exponents of
 * float32, and as a table with the input that has the largest.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatNumber, formatPercent, formatShort, formatWhole } from "../../../common/numbers.ts";
import { hexBits } from "../../../common/float_bits.ts";
import { looksOf } from "../../looks.ts";
import { seriesStyle } from "../../palette.ts";
import { Folded } from "../../sections/folded.tsx";
import { KernelLabel, NumberCell, Table } from "../../sections/table.tsx";
import { Legend, LineKey, Panel, panel, round } from "../plot.tsx";
import { classOrder, extent, type LogScale, logScale, powerText, type Scale } from "../scale.ts";
import type { ActivationReport, VerificationReport } from "../../../results/verification/schema.ts";

/** Below this, results are rounded correctly, or nearly so. */
const least = 0.25;

/** How many float32 numbers are finite; a gradient may be a function of fewer. */
const finite = 2 ** 32 * 255 / 256;

interface Drawn {
  readonly name: string;
  readonly index: number;
  readonly activation: ActivationReport;
}

/** By activation, in the order in which they are first met; or by the activation of each gradient. */
function byActivation(report: VerificationReport, gradient = false): Map<string, Drawn[]> {
  const found = new Map<string, Drawn[]>();
  const looks = looksOf(report.kernels.map(({ kernel }) => kernel));
  for (const { kernel, activations, gradients = [] } of report.kernels) {
    const index = looks.get(kernel) ?? 0;
    for (const activation of gradient ? gradients : activations) {
      const list = found.get(activation.activation) ?? [];
      found.set(activation.activation, list);
      list.push({ name: kernel, index, activation });
    }
  }
  return found;
}

/** One small chart for each activation, the kernels over each other. */
export function ActivationPlots({ report }: { report: VerificationReport }): JSX.Element | null {
  const all = [...byActivation(report)].map(([name, list]) => ({
    name,
    list: list.filter(({ activation }) => activation.profile.length > 0),
  })).filter(({ list }) => list.length > 0);
  const exact = all.filter(({ list }) =>
    list.every(({ activation }) => activation.profile.every((ulp) => ulp === 0))
  );
  const drawn = all.filter((one) => !exact.includes(one));
  if (all.length === 0) return null;
  const errors = drawn.flatMap(({ list }) =>
    list.flatMap(({ activation: { declared, profile } }) => [declared, ...profile])
  );
  const [, high] = extent(errors) ?? [1, 1];
  const y = logScale(least, Math.max(2, high * 1.8), panel.bottom, panel.top);
  const looks = looksOf(report.kernels.map(({ kernel }) => kernel));
  const kernels = report.kernels.map(({ kernel }) => ({
    name: kernel,
    index: looks.get(kernel) ?? 0,
  }))
    .filter(({ name }) => drawn.some(({ list }) => list.some((one) => one.name === name)));
  return (
    <section aria-labelledby="profiles">
      <h2 id="profiles">Activations against x</h2>
      <p>
        The largest error among the inputs of each sign and exponent, from the most negative number
        over 0 to the greatest, on a logarithmic axis; errors below {least}{" "}
        ULP are drawn at its lower end, where a result could hardly be better. {exact.length > 0 &&
          `Without any error, and not drawn: ${exact.map(({ name }) => name).join(", ")}.`}
      </p>
      {drawn.length > 0 && (
        <Legend kernels={kernels}>
          <LineKey kind="limit">declared limit, with the kernels’ marks where they differ</LineKey>
        </Legend>
      )}
      <div class="panels">
        {drawn.map(({ name, list }, i) => (
          <Profile key={name} id={`profile-${i}`} name={name} list={list} y={y} />
        ))}
      </div>
    </section>
  );
}

/** The order of the classes along the axis, and the first of each side to be named. */
const order = classOrder();
const span = Math.log2(1e18);
const named: readonly (readonly [number, string])[] = [
  [-127 - span, `−${powerText(18)}`],
  [-127, "−1"],
  [-127 + span, `−${powerText(-18)}`],
  [0, "0"],
  [127 - span, powerText(-18)],
  [127, "1"],
  [127 + span, powerText(18)],
];

const xScale: Scale = (() => {
  const { left, right } = panel;
  // Exponent 0 of either sign stands beside the middle.
  const at = (exponent: number) => left + (right - left) * (exponent + 255) / 510;
  return {
    from: left,
    to: right,
    at,
    ticks: named.map(([exponent, label]) => ({ at: at(exponent), label })),
  };
})();

function Profile({ id, name, list, y }: {
  id: string;
  name: string;
  list: readonly Drawn[];
  /** The same for all, so that heights can be compared. */
  y: LogScale;
}): JSX.Element {
  const limits = new Map<number, number[]>();
  for (const { index, activation: { declared } } of list) {
    limits.set(declared, [...limits.get(declared) ?? [], index]);
  }
  const over = list.filter(({ activation: { ulp, declared } }) => !(ulp <= declared))
    .map((one) => one.name);
  const text = list.map(({ name, activation: { ulp, declared } }) =>
    `${name} up to ${ulpText(ulp)} of ${formatShort(declared)} declared`
  );
  return (
    <Panel
      id={id}
      title={name}
      {...(over.length === 0 ? {} : { alarm: `above its limit: ${over.join(", ")}` })}
      text={`Step chart of the largest error of ${name} in ULP against x: ${text.join(", ")}.`}
      x={xScale}
      y={y}
      xTitle="x, by sign and exponent"
      yTitle="largest error, ULP"
    >
      <path class="grid strong" d={`M${round(xScale.at(0))} ${panel.top}V${panel.bottom}`} />
      {list.map(({ index, activation }) => (
        <path
          key={index}
          class={`steps s${seriesStyle(index).color}`}
          stroke-dasharray={seriesStyle(index).dash.join(" ")}
          d={stepPath(activation.profile, y)}
        />
      ))}
      {[...limits].filter(([declared]) => declared >= least).map(([declared, indices]) => (
        <g key={declared}>
          <path class="limit" d={`M${panel.left} ${round(y.at(declared))}H${panel.right}`} />
          {limits.size > 1 && indices.map((index, i) => (
            <circle
              key={index}
              class={`dot s${seriesStyle(index).color}`}
              cx={panel.right - 6 - 9 * i}
              cy={round(y.at(declared) - 6)}
              r="3.2"
            />
          ))}
        </g>
      ))}
    </Panel>
  );
}

/** The steps of a profile as the d of a path; equal adjacent ones are one step. */
function stepPath(profile: readonly number[], y: Scale): string {
  let path = "";
  let before = NaN;
  for (const [i, at] of order.entries()) {
    const height = round(y.at(profile[at] ?? 0));
    if (height === before) continue;
    const x = round(xScale.at(i - 255));
    path += path === "" ? `M${x} ${height}` : `H${x}V${height}`;
    before = height;
  }
  return `${path}H${xScale.to}`;
}

function ulpText(ulp: number): string {
  if (ulp === Infinity) return "∞";
  return ulp >= 1e6 ? formatShort(ulp) : formatNumber(ulp);
}

/** Every activation of every kernel. */
export function ActivationTable({ report }: { report: VerificationReport }): JSX.Element {
  const gradients = [...byActivation(report, true)].map(([name, list]) =>
    [`gradient of ${name}`, list] as const
  );
  const rows = [...byActivation(report), ...gradients].flatMap(([name, list]) =>
    list.map((one, i) => ({ ...one, of: name, first: i === 0, span: list.length }))
  );
  return (
    <section aria-labelledby="activations">
      <h2 id="activations">Activations</h2>
      <p>
        {rows.length === 0
          ? "No activation was swept in this run."
          : "Where every one of the 2³² float32 numbers was an input, the largest error is a proven " +
            "maximum; otherwise it is the largest of the inputs tried, and the share is that of all " +
            "numbers that the runs of this build have tried together. Monotone and odd are checked " +
            "for functions that are so. A gradient is taken for dy = 1, over all y or z that it is a " +
            "function of."}
      </p>
      {rows.length > 0 && (
        <Folded title={`All ${formatWhole(rows.length)} activations and gradients of kernels`}>
          <Table
            id="activations-table"
            caption="Largest errors of the activations"
            columns={[
              { title: "activation", sort: null },
              { title: "kernel", sort: null },
              { title: "inputs", sort: "number" },
              { title: "largest error, ULP", sort: "number" },
              { title: "declared", sort: "number" },
              { title: "at x", sort: "number" },
              { title: "monotone", sort: null },
              { title: "odd", sort: null },
            ]}
          >
            {rows.map(({ of, name, first, span, index, activation }) => (
              <ActivationRow
                key={`${of} ${index}`}
                name={first ? of : null}
                span={span}
                kernel={name}
                activation={activation}
              />
            ))}
          </Table>
        </Folded>
      )}
    </section>
  );
}

function ActivationRow({ name, span, kernel, activation }: {
  name: string | null;
  span: number;
  kernel: string;
  activation: ActivationReport;
}): JSX.Element {
  const { inputs, exhaustive, ulp, declared, at, monotone, odd, seen } = activation;
  const over = !(ulp <= declared);
  return (
    <tr>
      {name !== null && (
        <th scope="rowgroup" rowSpan={span}>
          <span class="title">{name}</span>
        </th>
      )}
      <td class="name">
        <KernelLabel name={kernel} peer={false} />
      </td>
      <NumberCell value={inputs}>
        {!exhaustive
          ? formatWhole(inputs)
          : inputs >= finite
          ? "all 2³²"
          : `all ${formatWhole(inputs)}`}
        {!exhaustive && seen !== undefined && (
          <span class="detail">{formatPercent(seen, 3)} in all</span>
        )}
      </NumberCell>
      <NumberCell value={ulp}>
        <span class={over ? "none" : "value"}>{over && "✗ "}{ulpText(ulp)}</span>
        {exhaustive && <span class="detail">proven maximum</span>}
      </NumberCell>
      <NumberCell value={declared}>{formatShort(declared)}</NumberCell>
      <NumberCell value={at}>
        {ulp === 0 ? "–" : (
          <>
            {at === Infinity ? "∞" : at === -Infinity ? "−∞" : formatShort(at)}
            <span class="detail">
              <code>{hexBits(at)}</code>
            </span>
          </>
        )}
      </NumberCell>
      <Holds value={monotone} />
      <Holds value={odd} />
    </tr>
  );
}

function Holds({ value }: { value: boolean | null }): JSX.Element {
  if (value === null) return <td class="faint">–</td>;
  return value ? <td>yes</td> : <td class="none">✗ no</td>;
}
