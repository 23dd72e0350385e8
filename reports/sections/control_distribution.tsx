/**
 * The distribution of the A/A controls' ratios as a small plot that needs no
 * script: how far apart identical code was measured in this run.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatPercent, formatWhole } from "../../common/numbers.ts";
import type { Results } from "../../results/schema.ts";
import { type ControlDistribution, controlDistribution } from "../control_distribution.ts";
import { Panel, panel, round } from "../verification/plot.tsx";

const title = "Identical code timed against itself";

/** The plot; nothing where there are too few ratios. */
export function Distribution({ results }: { results: Results }): JSX.Element | null {
  const found = controlDistribution(results);
  if (found === null) return null;
  const { left, right, bottom, top } = panel;
  const { bins, limit, beyond } = found;
  const end = Math.log(limit);
  const at = (value: number) => left + (right - left) * (Math.log(value) + end) / (2 * end);
  const greatest = Math.max(...bins.map(({ count }) => count));
  const height = (count: number) => bottom - (bottom - top) * count / (1.05 * greatest);
  const ticks = [1 / limit, 1 / Math.sqrt(limit), 1, Math.sqrt(limit), limit];
  return (
    <div class="distribution">
      <Panel
        id="control-distribution"
        title={title}
        text={wordsOf(found)}
        x={{
          from: left,
          to: right,
          at,
          ticks: ticks.map((one) => ({ at: at(one), label: one.toFixed(2) })),
        }}
        y={{
          from: bottom,
          to: top,
          at: height,
          ticks: [0, greatest].map((one) => ({ at: height(one), label: formatWhole(one) })),
        }}
        xTitle="time of the control as a multiple of its kernel’s, by round"
        yTitle="ratios"
      >
        {bins.map(({ low, high, count }, i) =>
          count > 0 && (
            <rect
              key={i}
              class="bar"
              x={round(at(low))}
              y={round(height(count))}
              width={round(at(high) - at(low) - 1)}
              height={round(bottom - height(count))}
            />
          )
        )}
        <path class="frame" d={`M${round(at(1))} ${top}V${bottom}`} />
      </Panel>
      <p class="hint">
        {wordsOf(found)}
        {beyond > 0 && ` The outermost bars have the ${formatWhole(beyond)} beyond the axis too.`}
      </p>
    </div>
  );
}

function wordsOf({ count, half, most }: ControlDistribution): string {
  const signed = (ratio: number) => `${ratio > 1 ? "+" : ""}${formatPercent(ratio - 1)}`;
  const between = ([low, high]: readonly [number, number]) => `${signed(low)} and ${signed(high)}`;
  return `Of ${formatWhole(count)} ratios of rounds, all of which would be 1 without noise, ` +
    `half lie between ${between(half)}, and nineteen of twenty between ${between(most)}.`;
}
