/**
 * The picture of a Dense layer: inputs on the left, units on the right, a
 * weight on every edge between them, and the bias as a red input that is always
 * 1. Large layers show their first and last nodes. The look is in attributes,
 * so that the picture stands alone as an image on any background; the style
 * sheet of a page may override them by class.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import type { ExampleLayer } from "./example.ts";
import { formatCount, formatShort, formatWhole } from "../common/numbers.ts";
import { type Edge, type EdgeLabel, layOut, type Point, radius } from "./picture_layout.ts";

/** What is drawn: a shape, and the numbers of a layer that is small enough. */
export interface PictureOptions {
  readonly inputs: number;
  readonly units: number;
  /** The name of the activation; the example's where there is one, else `activation`. */
  readonly activation?: string;
  /** Whether a bias is drawn; by default it is. */
  readonly bias?: boolean;
  /** Of the same shape: its numbers are drawn beside the names. */
  readonly example?: ExampleLayer;
}

const card = "#ffffff";
const ink = "#1c2733";
const faint = "#55647a";
const line = "#9fb0c3";
const red = "#c01f1f";
const serif = "Georgia, 'Times New Roman', 'DejaVu Serif', serif";
const sans = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** A name with its index below, and a value behind it: w₁₁ = 0.5. */
function Symbol({ name, index, value }: {
  name: string;
  index: string;
  value?: number | undefined;
}): JSX.Element {
  // Not baseline-shift, which browsers do not agree on: down, and up again.
  return (
    <>
      <tspan font-style="italic">{name}</tspan>
      <tspan dy="0.28em" font-size="72%">{index}</tspan>
      {value !== undefined && <tspan dy="-0.2em">{` = ${formatShort(value)}`}</tspan>}
    </>
  );
}

function Label({ at, color = ink, size = 18, anchor = "middle", children }: {
  at: Point;
  color?: string;
  size?: number;
  anchor?: "start" | "middle" | "end";
  children: ComponentChildren;
}): JSX.Element {
  return (
    <text
      x={round(at.x)}
      y={round(at.y)}
      dy="0.32em"
      text-anchor={anchor}
      font-size={size}
      fill={color}
    >
      {children}
    </text>
  );
}

function Circle({ at, kind, fill, stroke, children }: {
  at: Point;
  kind: "input" | "unit" | "bias";
  fill: string;
  stroke: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <g class={kind}>
      <circle cx={at.x} cy={round(at.y)} r={radius} fill={fill} stroke={stroke} stroke-width="2" />
      <Label at={at} color={kind === "bias" ? red : ink}>{children}</Label>
    </g>
  );
}

/** The dots that stand for the nodes left out. */
function Dots({ at }: { at: Point }): JSX.Element {
  return (
    <g class="dots" fill={faint}>
      {[-11, 0, 11].map((dy) => <circle key={dy} cx={at.x} cy={round(at.y + dy)} r="2.6" />)}
    </g>
  );
}

/** From a unit through its activation to its output. */
function Output({ from, index, activation, value }: {
  from: Point;
  index: number;
  activation: string | undefined;
  value: number | undefined;
}): JSX.Element {
  const y = round(from.y);
  const [start, end] = [from.x + radius, from.x + radius + (activation === undefined ? 62 : 132)];
  return (
    <g class="output">
      <path d={`M${start} ${y}H${end - 6}`} stroke={faint} stroke-width="1.6" fill="none" />
      <path d={`M${end} ${y}l-9 -4.5v9Z`} fill={faint} />
      {activation !== undefined && (
        <>
          <rect
            x={start + 18}
            y={y - 14}
            width="82"
            height="28"
            rx="14"
            fill={card}
            stroke={faint}
            stroke-width="1.4"
          />
          <text
            x={start + 59}
            y={y}
            dy="0.32em"
            text-anchor="middle"
            font-family={sans}
            font-size="14"
            fill={ink}
          >
            {activation}
          </text>
        </>
      )}
      <Label at={{ x: end + 10, y }} anchor="start">
        <Symbol name="y" index={String(index)} value={value} />
      </Label>
    </g>
  );
}

/** Which weight or bias an edge is: a name, an index, and the value in the example. */
function edgeName(
  { input, unit }: Edge,
  { inputs, units, example }: PictureOptions,
): { name: string; index: string; value: number | undefined } {
  if (input === null) {
    return { name: "b", index: String(unit), value: example?.bias[unit - 1] };
  }
  // w11 is the custom; from ten on, 11 might also be the eleventh.
  const comma = inputs > 9 || units > 9 ? "," : "";
  return {
    name: "w",
    index: `${input}${comma}${unit}`,
    value: example?.weight[input - 1]?.[unit - 1],
  };
}

/** About how wide the label of an edge is, subscripts being smaller. */
function labelWidth(edge: Edge, options: PictureOptions): number {
  const { name, index, value } = edgeName(edge, options);
  return 10 * name.length + 6 * index.length +
    (value === undefined ? 0 : 7.8 * (formatShort(value).length + 2.4));
}

/** The label of an edge, on a plate in the colour of the card, so that lines pass behind it. */
function EdgeText({ label, options }: { label: EdgeLabel; options: PictureOptions }): JSX.Element {
  const { edge, angle, x, y } = label;
  const wide = labelWidth(edge, options) + 4;
  return (
    <g
      class={edge.input === null ? "bias" : "weight"}
      transform={`translate(${round(x)} ${round(y)}) rotate(${round(angle)})`}
    >
      <rect class="card" x={-wide / 2} y="-10" width={wide} height="21" rx="5" fill={card} />
      <Label at={{ x: 0, y: 0 }} color={edge.input === null ? red : ink} size={16}>
        <Symbol {...edgeName(edge, options)} />
      </Label>
    </g>
  );
}

/** The picture's description in words, for those who do not see it. */
function describePicture(
  { inputs, units, example, bias = true }: PictureOptions,
): string {
  const what =
    `Each of ${formatCount(inputs, "input")} is joined by a weight to each of ${
      formatCount(units, "unit")
    }. ` +
    (bias
      ? "A red node that is always 1 is joined to each unit by its bias."
      : "There is no bias.");
  if (!example) return what;
  const list = (values: readonly number[]) => `(${values.map(formatShort).join(", ")})`;
  const weights = example.weight.map(list).join(", ");
  return `${what} With inputs x = ${list(example.x)}, weights W = (${weights}), bias b = ${
    list(example.bias)
  } and activation ${example.activation} the outputs are y = ${list(example.y)}.`;
}

/** The picture as an SVG element, 720 units wide. */
export function DensePicture(options: PictureOptions): JSX.Element {
  const { inputs, units, example, bias = true } = options;
  const activation = cut(example?.activation ?? options.activation);
  const { width, height, ...layout } = layOut(
    inputs,
    units,
    (edge) => labelWidth(edge, options),
    bias,
  );
  const title = `Dense layer, ${formatCount(inputs, "input")}, ${formatCount(units, "unit")}`;
  const id = `dense-${inputs}-${units}${example ? "-example" : ""}`;
  return (
    <svg
      class="dense"
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${round(height)}`}
      width={width}
      height={round(height)}
      role="img"
      aria-labelledby={`${id}-title ${id}-text`}
      font-family={serif}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-text`}>{describePicture(options)}</desc>
      <rect class="card" width={width} height={round(height)} rx="14" fill={card} />
      <text x="28" y="40" font-family={sans} font-size="16" font-weight="600" fill={ink}>
        {`Dense: ${formatWhole(inputs)} → ${formatWhole(units)}`}
      </text>
      <text x={width - 28} y="40" text-anchor="end" font-size="17" font-style="italic" fill={ink}>
        {`y = ${activation ?? "f"}(x · W${bias ? " + b" : ""})`}
      </text>
      {layout.edges.map(({ input, unit, from, to }) => (
        <path
          key={`${input}-${unit}`}
          class={input === null ? "bias" : "weight"}
          d={`M${round(from.x)} ${round(from.y)}L${round(to.x)} ${round(to.y)}`}
          stroke={input === null ? red : line}
          stroke-width="1.6"
        />
      ))}
      {layout.inputs.map((node, i) => {
        if (node.index === null) return <Dots key={i} at={node} />;
        const value = example?.x[node.index - 1];
        return (
          <g key={i}>
            <Circle at={node} kind="input" fill="#e6f0fa" stroke="#2e6da8">
              <Symbol name="x" index={String(node.index)} />
            </Circle>
            {value !== undefined && (
              <Label at={{ x: node.x - radius - 12, y: node.y }} anchor="end">
                {formatShort(value)}
              </Label>
            )}
          </g>
        );
      })}
      {bias && (
        <Circle at={layout.bias} kind="bias" fill="#fdeaea" stroke={red}>
          <tspan font-weight="600">1</tspan>
        </Circle>
      )}
      {layout.units.map((node, i) =>
        node.index === null ? <Dots key={i} at={node} /> : (
          <g key={i}>
            <Circle at={node} kind="unit" fill="#e7f5ee" stroke="#237a50">
              Σ
            </Circle>
            <Output
              from={node}
              index={node.index}
              activation={activation}
              value={example?.y[node.index - 1]}
            />
          </g>
        )
      )}
      {layout.labels.map((label, i) => <EdgeText key={i} label={label} options={options} />)}
    </svg>
  );
}

/** The picture as the text of an SVG file. */
export function densePictureSvg(options: PictureOptions): string {
  return `${renderToString(<DensePicture {...options} />)}\n`;
}

/** As much of a name as its box holds. */
function cut(name: string | undefined): string | undefined {
  return name === undefined || name.length <= 10 ? name : `${name.slice(0, 9)}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
