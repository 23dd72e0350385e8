/**
 * What verification of a model found on one kernel, as data and as text.
 *
 * @module
 */
import { bold, green, red, yellow } from "@std/fmt/colors";
import { formatNumber, formatShort } from "../../common/numbers.ts";
import { alignColumns } from "../../common/table.ts";
import { cleanText } from "../../common/text.ts";
import { formatShare } from "../table.ts";

/** A result and where it is. What is not finite becomes null in JSON. */
export interface Place {
  readonly row: number;
  readonly column: number;
  readonly got: number;
  readonly want: number;
  /** How far `got` may lie from `want`, on its side of it. */
  readonly bound: number;
  /** |got − want| / bound; above 1 is a proven bug. */
  readonly share: number;
}

/** One layer: the kernel's results against float64 from the same inputs. */
export interface LayerReport {
  readonly name: string;
  /** Its name, with the parameters that are not the default's. */
  readonly activation: string;
  /** Of y[m,n] = x[m,k] · w[k,n]; k is 0 for an Activation. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Where the share of the bound is largest; null where the kernel did not reach the layer. */
  readonly worst: Place | null;
  /** The largest error in units in the last place of the larger of both numbers; at 2^24 no digit is right. */
  readonly maxUlp: number;
}

/** A row for which a kernel predicts another class than float64. */
export interface ClassChange {
  readonly row: number;
  readonly got: number;
  readonly want: number;
  /** How far the float64 scores of the two classes lie apart. */
  readonly margin: number;
  /** How far the kernel may move them towards each other. */
  readonly bound: number;
}

/** The predicted classes: the column with the largest result of each row. */
export interface ClassReport {
  /** Rows that were compared. */
  readonly rows: number;
  /** Rows in which the kernel's class is another. */
  readonly changed: number;
  /** Those of them that the propagated bound allows. */
  readonly ties: number;
  /** Rows in which the bound does not rule a change out. */
  readonly undecided: number;
  /** The first of the changes. */
  readonly changes: readonly ClassChange[];
}

/** What was found on one kernel. */
export interface ModelReport {
  readonly kernel: string;
  readonly model: string;
  readonly input: string;
  /** The seed of random input; null where it came from a file. */
  readonly seed: number | null;
  readonly rows: number;
  /** How many rows the input has; null for random ones. */
  readonly rowsGiven: number | null;
  readonly passed: boolean;
  /** What failed, in one line; null where all passed. */
  readonly problem: string | null;
  readonly notes: readonly string[];
  readonly layers: readonly LayerReport[];
  /** The whole network against float64 from the same input. */
  readonly endToEnd: {
    /** max |got − want|, and where it is. */
    readonly largest: Place | null;
    /** The largest share of the propagated bound. */
    readonly share: number;
  };
  /** Null where a row has one result only. */
  readonly classes: ClassReport | null;
}

function formatClasses({ rows, changed, ties, undecided, changes }: ClassReport): string[] {
  const open = `the bound rules a change out in ${rows - undecided} of ${rows} rows`;
  if (changed === 0) return [`class: the same in all ${rows} rows; ${open}`];
  const beyond = ties === changed
    ? "all of them ties within the bound"
    : `${changed - ties} BEYOND THE BOUND`;
  return [
    (ties === changed ? yellow : red)(
      `CLASS CHANGED in ${changed} of ${rows} rows, ${beyond}; ${open}`,
    ),
    ...changes.map(({ row, got, want, margin, bound }) =>
      `  row ${row}: class ${got} in place of ${want}; float64's margin is ${
        formatShort(margin)
      }, the bound ${formatShort(bound)}`
    ),
  ];
}

/**
 * A report as text: a line for each layer, one for the whole network, one for the classes.
 *
 * @example
 * ```ts
 * import { createKernel } from "../../mod.ts";
 * import { randomInput } from "../../models/input.ts";
 * import { formatModelReport } from "./report.ts";
 * import { verifyModel } from "./verify_model.ts";
 * import { assertMatch } from "@std/assert";
 *
 * const layer = { name: "fc", inputs: 2, units: 2, bias: null, activation: "softmax" } as const;
 * const layers = [{ ...layer, weight: new Float32Array([1, 2, 3, 4]) }];
 * const model = { name: "small", layers, inputs: 2, flatten: false, notes: [] };
 * await using kernel = await createKernel("blocked");
 * const report = await verifyModel(kernel, model, randomInput(model, 1, 5));
 * assertMatch(formatModelReport(report), /PASS/);
 * ```
 */
export function formatModelReport(report: ModelReport): string {
  const { kernel, layers, endToEnd: { largest, share }, classes, problem } = report;
  const header = ["layer", "m×n×k", "activation", "worst share", "at", "got", "want", "max ULP"];
  const [first = "", ...lines] = alignColumns([
    header,
    ...layers.map(({ name, m, n, k, activation, worst, maxUlp }) => [
      cleanText(name, 32),
      k === 0 ? `${m}×${n}` : `${m}×${n}×${k}`,
      activation,
      ...(worst
        ? [
          formatShare(worst.share),
          `[${worst.row}, ${worst.column}]`,
          worst.got.toPrecision(9),
          worst.want.toPrecision(9),
          formatNumber(maxUlp),
        ]
        : ["not reached"]),
    ]),
  ]);
  const failed = (i: number) => !((layers[i]?.worst?.share ?? Infinity) <= 1);
  return [
    bold(kernel),
    bold(first),
    ...lines.map((line, i) => failed(i) ? red(line) : line),
    ...(largest
      ? [
        `end to end: largest difference ${
          formatShort(Math.abs(largest.got - largest.want))
        } at [${largest.row}, ${largest.column}]; worst share of the propagated bound ${
          formatShare(share)
        }`,
      ]
      : []),
    ...(classes && classes.rows > 0 ? formatClasses(classes) : []),
    problem === null ? green("PASS") : red(`FAIL: ${problem}`),
  ].join("\n");
}
