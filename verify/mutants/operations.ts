/**
 * Mutants of what is around the product: bias, activations, gradients, and the
 * promises of the contract.
 *
 * @module
 */
import { transpose } from "../../common/matrix.ts";
import { isRowwise } from "../../kernels/activation.ts";
import type { Kernel, Tensor } from "../../kernels/kernel.ts";
import {
  afterActivation,
  afterDense,
  afterGradient,
  altered,
  dataOf,
  type Mutant,
} from "./mutant.ts";

const { fround } = Math;
const key = { key: true };

function isSquare(tensor: Tensor): boolean {
  return tensor.shape.length === 2 && tensor.shape[0] === tensor.shape[1];
}

/** [rows, columns] with rows and columns changed. */
function transposedOf(original: Kernel, tensor: Tensor): Tensor {
  const [rows = 0, columns = 0] = tensor.shape;
  return original.tensor([columns, rows], transpose(dataOf(tensor), rows, columns));
}

const bias: readonly Mutant[] = [
  altered("the bias is left out", "exact-forward", (original) => ({
    dense: (x, weight, _bias, activation, y, z) =>
      original.dense(x, weight, null, activation, y, z),
  })),
  altered(
    "the bias is added twice",
    "exact-forward",
    afterDense((values, columns, bias) => {
      if (bias) { for (let i = 0; i < values.length; i++) values[i]! += bias[i % columns]!; }
    }),
    key,
  ),
  altered("the bias is that of the row", "exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (!bias || isRowwise(activation) || activation !== "linear") return;
      const [own, values] = [dataOf(bias), dataOf(y)];
      const n = own.length;
      values.forEach((value, i) => values[i] = value - own[i % n]! + own[Math.floor(i / n) % n]!);
    },
  })),
  altered("the bias is added once for each chunk of k", "exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      const chunks = Math.ceil((weight.shape[0] ?? 0) / 16);
      if (!bias || chunks < 2 || bias.disposed || bias.kernel !== x.kernel) {
        return original.dense(x, weight, bias, activation, y, z);
      }
      using more = original.tensor(bias.shape, dataOf(bias).map((value) => value * chunks));
      original.dense(x, weight, more, activation, y, z);
    },
  })),
  altered("sums begin with the bias", "order", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (!bias || activation !== "linear") return;
      const [a, b, c, out] = [dataOf(x), dataOf(weight), dataOf(bias), dataOf(y)];
      const n = c.length;
      const k = n === 0 ? 0 : b.length / n;
      out.forEach((_, at) => {
        let sum = c[at % n]!;
        for (let p = 0; p < k; p++) {
          sum = fround(sum + fround(a[Math.floor(at / n) * k + p]! * b[p * n + at % n]!));
        }
        out[at] = sum;
      });
    },
  })),
  altered("z is an activation too far", "exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (z) dataOf(z).forEach((value, i, values) => values[i] = Math.max(0, value));
    },
  })),
];

const activations: readonly Mutant[] = [
  altered("zeros are skipped", "exceptional", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const isZero = (tensor: Tensor) => dataOf(tensor).every((value) => value === 0);
      if (!bias || (!isZero(x) && !isZero(weight))) return;
      const own = dataOf(bias);
      for (const out of z ? [y, z] : [y]) {
        dataOf(out).forEach((_, i, values) => values[i] = own[i % own.length]!);
      }
    },
  }), key),
  altered("relu swallows NaN", "exceptional", afterActivation("relu", (z) => z > 0 ? z : 0)),
  altered(
    "tanh is (e^2z - 1)/(e^2z + 1)",
    "rigorous-forward",
    afterActivation("tanh", (z) => {
      const e = fround(Math.exp(2 * z));
      return (e - 1) / (e + 1);
    }),
    key,
  ),
  altered(
    "tanh is 1 from 4.97 on",
    "sweep",
    afterActivation("tanh", (z, y) => Math.abs(z) > 4.97 ? Math.sign(z) : y),
  ),
  altered(
    "exponential comes from a table of 1024 powers",
    "sweep",
    afterActivation("exponential", (z) => 2 ** (Math.round(z / Math.LN2 * 1024) / 1024)),
  ),
  altered(
    "sigmoid ends at -17",
    "sweep",
    afterActivation("sigmoid", (z, y) => z < -17 ? 0 : y),
    key,
  ),
  altered(
    "sigmoid is 1 ULP off between 4 and 8",
    "sweep",
    afterActivation("sigmoid", (z, y) => z >= 4 && z < 8 ? y - 2 ** -24 : y),
  ),
  altered("elu is exp - 1", "sweep", afterActivation("elu", (z) => z > 0 ? z : Math.exp(z) - 1)),
  altered(
    "silu is NaN in its far tail",
    "sweep",
    afterActivation("silu", (z) => z * Math.exp(z) / (1 + Math.exp(z))),
  ),
  altered(
    "softplus ends at 2^-126",
    "sweep",
    afterActivation("softplus", (_z, y) => y < 2 ** -126 ? 0 : y),
  ),
  altered("gelu is its tanh form", "rigorous-forward", (original) => ({
    activate: (activation, z, y) =>
      original.activate(activation === "gelu" ? "gelu_tanh" : activation, z, y),
    dense: (x, weight, bias, activation, y, z) =>
      original.dense(x, weight, bias, activation === "gelu" ? "gelu_tanh" : activation, y, z),
  })),
  altered("softmax has no shift", "exceptional", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation !== "softmax") return;
      const [input, output] = [dataOf(z), dataOf(y)];
      const columns = z.shape.at(-1) ?? 1;
      for (let row = 0; row < input.length; row += columns) {
        const e = input.slice(row, row + columns).map((value) => Math.exp(value));
        const sum = e.reduce((total, value) => total + value, 0);
        e.forEach((value, j) => output[row + j] = value / sum);
      }
    },
  })),
  altered("softmax runs along the columns", "rigorous-forward", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation !== "softmax" || z.shape.length !== 2) return;
      using turned = transposedOf(original, z);
      using out = original.tensor(turned.shape);
      original.activate("softmax", turned, out);
      using back = transposedOf(original, out);
      dataOf(y).set(dataOf(back));
    },
  })),
];

const gradients: readonly Mutant[] = [
  altered("dx takes the weight as it is where it is square", "exact-backward", (original) => ({
    matmul: (a, b, out, options = {}) =>
      original.matmul(a, b, out, {
        ...options,
        transposeB: options.transposeB === true && b.shape[0] !== b.shape.at(-1),
      }),
  }), key),
  altered("dW is transposed where it is square", "exact-backward", (original) => ({
    matmul: (a, b, out, options = {}) => {
      original.matmul(a, b, out, options);
      if (!options.transposeA || !isSquare(out)) return;
      using turned = transposedOf(original, out);
      dataOf(out).set(dataOf(turned));
    },
  })),
  altered("accumulate is ignored", "exact-backward", (original) => ({
    matmul: (a, b, out, options) => original.matmul(a, b, out, { ...options, accumulate: false }),
  })),
  altered("the bias gradient is a mean", "exact-backward", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      const rows = a.size / Math.max(1, a.shape.at(-1) ?? 1);
      if (rows > 0) dataOf(out).forEach((value, i, values) => values[i] = value / rows);
    },
  })),
  altered(
    "the bias gradient sums columns where the batch is square",
    "exact-backward",
    (original) => ({
      sumRows: (a, out, options) => {
        if (!isSquare(a) || a.disposed || a.kernel !== out.kernel) {
          return original.sumRows(a, out, options);
        }
        using turned = transposedOf(original, a);
        original.sumRows(turned, out, options);
      },
    }),
  ),
  altered(
    "relu's gradient passes at 0",
    "exact-backward",
    afterGradient("relu", (_dz, dy, y) => y >= 0 ? dy : 0),
  ),
  altered("the activation's derivative is forgotten", "rigorous-backward", (original) => ({
    activateGradient: (_activation, z, y, dy, dz) =>
      original.activateGradient("linear", z, y, dy, dz),
  }), key),
  altered("gelu's derivative is taken at y", "rigorous-backward", (original) => ({
    activateGradient: (activation, z, y, dy, dz) =>
      original.activateGradient(activation, activation === "gelu" && z ? y : z, y, dy, dz),
  })),
  altered(
    "tanh's derivative is a thousandth off",
    "rigorous-backward",
    afterGradient("tanh", (dz) => dz * 1.001),
  ),
];

/** Mutants that depend on what was called before. */
const histories: readonly Mutant[] = [
  altered("every other result is a little different", "determinism", (original) => {
    let calls = 0;
    return {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        if (activation === "tanh" && calls++ % 2) dataOf(y)[0]! += 2 ** -24;
      },
    };
  }, key),
  altered(
    "one call in three loses the last product of a row, as a race does",
    "determinism",
    (original) => {
      let calls = 0;
      return {
        dense: (x, weight, bias, activation, y, z) => {
          original.dense(x, weight, bias, activation, y, z);
          if (calls++ % 3 === 2 && y.size > 40) dataOf(y)[7]! -= dataOf(x)[0]! * 2 ** -6;
        },
      };
    },
  ),
  altered("the packed weight is kept too long", "contract", (original) => {
    const kept = new WeakMap<Tensor, Float32Array>();
    return {
      dense: (x, weight, bias, activation, y, z) => {
        const values = kept.get(weight) ?? dataOf(weight).slice();
        kept.set(weight, values);
        using old = original.tensor(weight.shape, values);
        original.dense(x, old, bias, activation, y, z);
      },
    };
  }),
  altered("reading gives the result of the call before", "exact-forward", (original) => {
    let before = new Float32Array(0);
    return {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        const values = dataOf(y);
        const own = values.slice();
        if (before.length === values.length) values.set(before);
        before = own;
      },
    };
  }),
  altered("a result may be read before it is there", "exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      using late = original.tensor(y.shape);
      original.dense(x, weight, bias, activation, late, z);
      const values = dataOf(late);
      // The checks that need no result pass; a read right after the call gets what the output held.
      setTimeout(() => y.disposed || dataOf(y).set(values));
    },
  })),
];

const promises: readonly Mutant[] = [
  altered("a disposed weight is taken", "contract", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      if (weight.disposed && !y.disposed) return;
      original.dense(x, weight, bias, activation, y, z);
    },
  })),
  altered("an activation may be asked to work in place", "contract", (original) => ({
    activate: (activation, z, y) => {
      if (z !== y) original.activate(activation, z, y);
    },
  })),
  altered("shapes are not checked", "contract", (original) => ({
    matmul: (a, b, out, options) => {
      try {
        original.matmul(a, b, out, options);
      } catch {
        // Any operands are accepted.
      }
    },
  }), key),
  altered("an operation does not raise the version", "contract", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      const version = y.version;
      original.dense(x, weight, bias, activation, y, z);
      (y as { version: number }).version = version;
    },
  })),
  altered("x is normalised where it lies", "memory", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      dataOf(x).forEach((value, i, values) => values[i] = value / 2);
    },
  }), key),
];

/** Mutants of everything but the product. */
export const operationMutants: readonly Mutant[] = [
  ...bias,
  ...activations,
  ...gradients,
  ...histories,
  ...promises,
];
