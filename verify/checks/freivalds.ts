/**
 * Large products, verified exactly: sizes at which blocks, threads and offsets
 * beyond small numbers come into play, and at which no reference product could
 * be computed in time. Forward and the two transposed products of the backward
 * pass, on whole numbers, by Freivalds' check.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import type { Dimensions } from "../../kernels/checks.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import {
  type Case,
  type Check,
  type Effort,
  exactMost,
  integers,
  shapedCase,
  Workspace,
} from "../check.ts";
import { outcomeOf } from "../compare.ts";
import { isJavaScript, isSoftware } from "../device.ts";
import { findWrongRow } from "../freivalds.ts";

const name = "freivalds";

type ProductKind = "forward" | "matmul-nt" | "matmul-tn";

function productCase(shape: Dimensions, product: ProductKind): Case {
  return shapedCase(`${name}/${product}`, shape, null, async (shape, kernel, random) => {
    const { m, n, k } = shape;
    const most = exactMost(k);
    const x = integers(m * k, most, random);
    const weight = integers(k * n, most, random);
    const bias = product === "forward" ? integers(n, most * most, random) : null;
    using space = new Workspace(kernel);
    const z = space.output([m, n]);
    if (product === "forward") {
      const operands = [space.tensor([m, k], x), space.tensor([k, n], weight)] as const;
      kernel.dense(...operands, space.tensor([n], bias!), "linear", z);
    } else {
      const transposeA = product === "matmul-tn";
      const transposeB = product === "matmul-nt";
      const a = transposeA ? space.tensor([k, m], transpose(x, m, k)) : space.tensor([m, k], x);
      const b = transposeB
        ? space.tensor([n, k], transpose(weight, k, n))
        : space.tensor([k, n], weight);
      kernel.matmul(a, b, z, { transposeA, transposeB });
    }
    const operands = { x, weight, bias, unitX: 1, unitWeight: 1 };
    return outcomeOf(findWrongRow(shape, operands, await z.read(), random.integer()));
  });
}

/** The largest size that a kernel can be expected to compute in a second or so; in full mode 4096 where it is fast. */
function sizeFor({ traits }: Kernel, effort: Effort): number {
  if (effort === "smoke") return 24;
  // By where it computes, not by its speed: the cases must be the same on every machine.
  const slow = isJavaScript(traits);
  const software = isSoftware(traits);
  if (effort === "full") return slow ? 1024 : software ? 1024 : 4096;
  return slow ? 256 : software ? 256 : 1024;
}

/** The check. */
export const freivalds: Check = {
  name,
  description: "large products are exact on whole numbers",
  cases: (kernel, { effort }) => {
    const size = sizeFor(kernel, effort);
    const half = Math.floor(size / 2);
    return [
      // No dimension is a multiple of a tile, none equals another.
      productCase({ m: size - 1, n: size + 1, k: size }, "forward"),
      productCase({ m: half - 1, n: half + 1, k: half }, "matmul-nt"),
      productCase({ m: half + 1, n: half, k: half - 1 }, "matmul-tn"),
      // Tall: more rows than a GPU has workgroups in one direction; wide and deep: far offsets.
      productCase({ m: 70_001, n: 3, k: 2 }, "forward"),
      ...(effort === "smoke" ? [] : [
        productCase({ m: 3, n: 20_011, k: 17 }, "forward"),
        // Enough for the largest tiles of a GPU: whole ones, and not.
        ...(isJavaScript(kernel.traits) ? [] : [
          productCase({ m: 2048, n: 1024, k: 64 }, "forward"),
          productCase({ m: 2049, n: 1030, k: 37 }, "matmul-nt"),
        ]),
        productCase({ m: 5, n: 7, k: 70_001 }, "forward"),
      ]),
    ];
  },
};
