/**
 * What is computed: the picture of a Dense layer small enough to show every
 * number, the same numbers as sums, and the picture of the largest layer timed.
 *
 * @module
 */
import type { JSX } from "preact";
import type { ExampleLayer } from "../example.ts";
import { formatShort, formatWhole } from "../../common/numbers.ts";
import { DensePicture } from "../picture.tsx";
import type { Results } from "../../results/schema.ts";
import { type WorkloadKey, workloadsOf } from "../series.ts";

/** Both pictures with their explanations. */
export function LayerParts({ results, example }: {
  results: Results;
  example: ExampleLayer;
}): JSX.Element {
  const { x, bias } = example;
  const layers = workloadsOf(results.results)
    .filter(({ pass, layers }) => pass === "forward" && layers === null);
  const largest = layers.reduce<WorkloadKey | null>(
    (most, one) => most === null || one.flops > most.flops ? one : most,
    null,
  );
  return (
    <>
      <h3 id="layer">What is computed</h3>
      <p>
        A Dense layer multiplies every input by a weight for every unit, adds up the products of
        each unit and its bias, and applies an activation:{" "}
        <span class="formula">y = activation(x · W + b)</span>. Below, {x.length} inputs and{" "}
        {bias.length}{" "}
        units; the bias is the weight of an input that is always 1, drawn in red. With a batch of m
        rows the same layer is a product of two matrices, and that product is what takes the time.
      </p>
      <div class="pictures">
        <figure>
          <DensePicture inputs={x.length} units={bias.length} example={example} />
          <figcaption>
            {bias.map((_, j) => <Sum key={j} example={example} unit={j} />)}
          </figcaption>
        </figure>
        {largest && (
          <figure>
            <DensePicture
              inputs={largest.k}
              units={largest.n}
              activation={largest.activation}
              bias={largest.bias}
            />
            <figcaption>
              The largest workload of this run, {largest.label}, drawn as a layer:{" "}
              {formatWhole(largest.k)} inputs, {formatWhole(largest.n)} units,{" "}
              {formatWhole(largest.k * largest.n)} weights, {largest.activation}{" "}
              activation{largest.bias ? "" : ", no bias"}. A batch of {formatWhole(largest.m)}{" "}
              makes it {formatWhole(Math.round(largest.flops / 1e6))}{" "}
              million floating-point operations.
            </figcaption>
          </figure>
        )}
      </div>
    </>
  );
}

/** How one output of the example is computed; the result is the library's, the sum only shows its terms. */
function Sum({ example, unit }: { example: ExampleLayer; unit: number }): JSX.Element {
  const { x, weight, bias, activation, y } = example;
  const terms = x.map((value, i) => `${inBrackets(value)}·${inBrackets(weight[i]?.[unit] ?? 0)}`);
  return (
    <span class="sum">
      y<sub>{unit + 1}</sub> = {activation}({terms.join(" + ")} + {inBrackets(bias[unit] ?? 0)}) =
      {" "}
      <b>{formatShort(y[unit] ?? 0)}</b>
    </span>
  );
}

function inBrackets(value: number): string {
  return value < 0 ? `(${formatShort(value)})` : formatShort(value);
}
