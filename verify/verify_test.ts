import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { createKernel } from "../kernels/registry.ts";
import { kernelsHere } from "../kernels/testdata.ts";
import { checks, verifyKernel } from "./verify.ts";

for (const name of await kernelsHere()) {
  Deno.test(`verifyKernel() passes ${name} in every check`, async () => {
    await using kernel = await createKernel(name);
    const { passed, checks: found } = await verifyKernel(kernel, { seed: 2 });
    for (const { check, cases, failures } of found) {
      assertGreater(cases, 0, check);
      assertEquals([...failures], [], check);
    }
    assert(passed);
  });
}

type Values = Float32Array<ArrayBuffer>;

/** Fast access to a heap tensor's elements, for mutants that spoil them. */
function spoil(tensor: Tensor, change: (values: Values) => void): void {
  const values = (tensor as Tensor & { data: Values }).data;
  change(values);
}

/** A kernel that is `kernel` but for what `change` replaces; its tensors take it for their owner. */
function mutate(kernel: Kernel, change: (original: Kernel) => Partial<Kernel>): Kernel {
  const original = Object.getPrototypeOf(kernel) as Kernel;
  return Object.assign(kernel, change(bind(kernel, original)));
}

function bind(kernel: Kernel, prototype: Kernel): Kernel {
  return {
    ...kernel,
    tensor: prototype.tensor.bind(kernel),
    dense: prototype.dense.bind(kernel),
    matmul: prototype.matmul.bind(kernel),
    activate: prototype.activate.bind(kernel),
    activateGradient: prototype.activateGradient.bind(kernel),
    sumRows: prototype.sumRows.bind(kernel),
    finished: prototype.finished.bind(kernel),
    [Symbol.asyncDispose]: prototype[Symbol.asyncDispose].bind(kernel),
  };
}

/** Replaces the result of one activation. */
function afterActivate(
  name: string,
  change: (z: number, y: number) => number,
): (original: Kernel) => Partial<Kernel> {
  return (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation !== name) return;
      const inputs = (z as Tensor & { data: Values }).data;
      spoil(y, (values) => inputs.forEach((input, i) => values[i] = change(input, values[i]!)));
    },
  });
}

/** Changes y, and z where there is one, after the kernel's own dense. */
function afterDense(
  change: (values: Values, columns: number, bias: Values | null, x: Tensor) => void,
): (original: Kernel) => Partial<Kernel> {
  return (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const b = bias && (bias as Tensor & { data: Values }).data;
      for (const out of z ? [y, z] : [y]) {
        spoil(out, (values) => change(values, out.shape.at(-1) ?? 1, b, x));
      }
    },
  });
}

// Each deliberately broken kernel, and the check that must find it.
const mutants: Record<string, [check: string, change: (original: Kernel) => Partial<Kernel>]> = {
  "the bias is added twice": [
    "exact-forward",
    afterDense((values, columns, bias) => {
      if (bias) { for (let i = 0; i < values.length; i++) values[i]! += bias[i % columns]!; }
    }),
  ],
  "the bias is left out": ["exact-forward", (original) => ({
    dense: (x, weight, _bias, activation, y, z) =>
      original.dense(x, weight, null, activation, y, z),
  })],
  "the last column is that before it": [
    "exact-forward",
    afterDense((values, columns) => {
      if (columns > 1) {
        for (let i = columns - 1; i < values.length; i += columns) values[i] = values[i - 1]!;
      }
    }),
  ],
  "the last row is not written": [
    "exact-forward",
    afterDense((values, columns) => values.fill(NaN, values.length - columns)),
  ],
  "one element is NaN": [
    "exact-forward",
    afterDense((values) => {
      if (values.length > 40) values[40] = NaN;
    }),
  ],
  "inputs are cut to 11 bits of mantissa": ["exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      using short = original.tensor(
        x.shape,
        (x as Tensor & { data: Values }).data.map((value) => {
          const scale = 2 ** (10 - Math.floor(Math.log2(Math.abs(value))));
          return value === 0 || !Number.isFinite(value) ? value : Math.round(value * scale) / scale;
        }),
      );
      original.dense(short, weight, bias, activation, y, z);
    },
  })],
  "z is an activation too far": ["exact-forward", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      if (z) spoil(z, (values) => values.forEach((value, i) => values[i] = Math.max(0, value)));
    },
  })],
  "transposeB is ignored where square": ["exact-backward", (original) => ({
    matmul: (a, b, out, options = {}) =>
      original.matmul(a, b, out, {
        ...options,
        transposeB: options.transposeB === true && b.shape[0] !== b.shape.at(-1),
      }),
  })],
  "accumulate is ignored": ["exact-backward", (original) => ({
    matmul: (a, b, out, options) => original.matmul(a, b, out, { ...options, accumulate: false }),
  })],
  "the bias gradient is a mean": ["exact-backward", (original) => ({
    sumRows: (a, out, options) => {
      original.sumRows(a, out, options);
      const rows = a.size / Math.max(1, a.shape.at(-1) ?? 1);
      if (rows > 0) spoil(out, (values) => values.forEach((value, i) => values[i] = value / rows));
    },
  })],
  "an output is 64 ULP off": [
    "rigorous-forward",
    afterDense((values) => {
      if (values.length > 8) values[8]! *= 1 + 2 ** -17;
    }),
  ],
  "gelu is its tanh form": ["rigorous-forward", (original) => ({
    activate: (activation, z, y) =>
      original.activate(activation === "gelu" ? "gelu_tanh" : activation, z, y),
  })],
  "tanh is (e^2z - 1)/(e^2z + 1)": [
    "rigorous-forward",
    afterActivate("tanh", (z) => {
      const e = Math.fround(Math.exp(2 * z));
      return (e - 1) / (e + 1);
    }),
  ],
  "elu is exp - 1": ["sweep", afterActivate("elu", (z) => z > 0 ? z : Math.exp(z) - 1)],
  "silu is NaN in its far tail": [
    "sweep",
    afterActivate("silu", (z) => z * Math.exp(z) / (1 + Math.exp(z))),
  ],
  "softplus ends at 2^-126": [
    "sweep",
    afterActivate("softplus", (_z, y) => y < 2 ** -126 ? 0 : y),
  ],
  "sigmoid is 1 ULP off between 4 and 8": [
    "sweep",
    afterActivate("sigmoid", (z, y) => z >= 4 && z < 8 ? y - 2 ** -24 : y),
  ],
  "the activation's derivative is forgotten": ["rigorous-backward", (original) => ({
    activateGradient: (_activation, z, y, dy, dz) =>
      original.activateGradient("linear", z, y, dy, dz),
  })],
  "tanh's derivative is a thousandth off": ["rigorous-backward", (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation === "tanh") {
        spoil(dz, (values) => values.forEach((value, i) => values[i] = value * 1.001));
      }
    },
  })],
  "relu swallows NaN": [
    "exceptional",
    (original) => ({
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        if (activation === "relu") {
          spoil(y, (values) => values.forEach((value, i) => values[i] = value > 0 ? value : 0));
        }
      },
    }),
  ],
  "zeros are skipped": ["exceptional", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      original.dense(x, weight, bias, activation, y, z);
      const isZero = (tensor: Tensor) =>
        (tensor as Tensor & { data: Values }).data.every((value) => value === 0);
      if (!bias || (!isZero(x) && !isZero(weight))) return;
      const b = (bias as Tensor & { data: Values }).data;
      for (const out of z ? [y, z] : [y]) {
        spoil(out, (values) => values.forEach((_, i) => values[i] = b[i % b.length]!));
      }
    },
  })],
  "softmax has no shift": ["exceptional", (original) => ({
    activate: (activation, z, y) => {
      original.activate(activation, z, y);
      if (activation !== "softmax") return;
      const input = (z as Tensor & { data: Values }).data;
      const columns = z.shape.at(-1) ?? 1;
      spoil(y, (values) => {
        for (let row = 0; row < input.length; row += columns) {
          const e = input.slice(row, row + columns).map((value) => Math.exp(value));
          const sum = e.reduce((total, value) => total + value, 0);
          e.forEach((value, j) => values[row + j] = value / sum);
        }
      });
    },
  })],
  "every other result is a little different": ["contract", (original) => {
    let calls = 0;
    return {
      dense: (x, weight, bias, activation, y, z) => {
        original.dense(x, weight, bias, activation, y, z);
        if (activation === "tanh" && calls++ % 2) spoil(y, (values) => values[0]! += 2 ** -24);
      },
    };
  }],
  "the packed weight is kept too long": ["contract", (original) => {
    const kept = new WeakMap<Tensor, Values>();
    return {
      dense: (x, weight, bias, activation, y, z) => {
        const values = kept.get(weight) ?? (weight as Tensor & { data: Values }).data.slice();
        kept.set(weight, values);
        using old = original.tensor(weight.shape, values);
        original.dense(x, old, bias, activation, y, z);
      },
    };
  }],
  "a disposed weight is taken": ["contract", (original) => ({
    dense: (x, weight, bias, activation, y, z) => {
      if (weight.disposed && !y.disposed) return;
      original.dense(x, weight, bias, activation, y, z);
    },
  })],
  "an activation works in place": ["contract", (original) => ({
    activate: (activation, z, y) => {
      if (z !== y) original.activate(activation, z, y);
    },
  })],
  "shapes are not checked": ["contract", (original) => ({
    matmul: (a, b, out, options) => {
      try {
        original.matmul(a, b, out, options);
      } catch {
        // A kernel that takes anything.
      }
    },
  })],
};

for (const [title, [check, change]] of Object.entries(mutants)) {
  Deno.test(`verifyKernel() rejects a kernel in which ${title}, by ${check}`, async () => {
    await using kernel = mutate(await createKernel("naive"), change);
    const chosen = checks.filter(({ name }) => name === check);
    const { passed } = await verifyKernel(kernel, { checks: chosen });
    assertEquals(passed, false);
  });
}

Deno.test("verifyKernel() accepts a kernel that sums in reverse order", async () => {
  await using naive = await createKernel("naive");
  await using kernel = mutate(naive, (original) => ({
    traits: { ...naive.traits, summation: { order: "unspecified" } },
    dense: (x, weight, bias, activation, y, z) => {
      const k = x.shape.at(-1) ?? 0;
      const [inputs = 0, n = 0] = weight.shape;
      if (inputs !== k || x.disposed || x.kernel !== naive || k === 0 || n === 0) {
        return original.dense(x, weight, bias, activation, y, z);
      }
      const flip = (tensor: Tensor, width: number, unit: number) => {
        const data = (tensor as Tensor & { data: Values }).data;
        return data.map((_, i) => {
          const line = Math.floor(i / (width * unit));
          const place = Math.floor(i / unit) % width;
          return data[(line * width + width - 1 - place) * unit + i % unit]!;
        });
      };
      using reversedX = original.tensor(x.shape, flip(x, k, 1));
      using reversedWeight = original.tensor(weight.shape, flip(weight, k, n));
      original.dense(reversedX, reversedWeight, bias, activation, y, z);
    },
  }));
  const chosen = checks.filter(({ name }) =>
    name === "exact-forward" || name === "rigorous-forward"
  );
  const { checks: found } = await verifyKernel(kernel, { checks: chosen });
  for (const { failures } of found) assertEquals([...failures], []);
});

Deno.test("verifyKernel() accepts tanh's gradient as 1 - y² rounded at every step", async () => {
  const { fround } = Math;
  await using kernel = mutate(await createKernel("blocked"), (original) => ({
    activateGradient: (activation, z, y, dy, dz) => {
      original.activateGradient(activation, z, y, dy, dz);
      if (activation !== "tanh") return;
      const [output, upstream] = [y, dy].map((tensor) =>
        (tensor as Tensor & { data: Values }).data
      );
      spoil(
        dz,
        (values) =>
          values.forEach((_, i) =>
            values[i] = upstream![i]! * fround(1 - fround(output![i]! * output![i]!))
          ),
      );
    },
  }));
  const chosen = checks.filter(({ name }) => name === "rigorous-backward");
  const { checks: found } = await verifyKernel(kernel, { checks: chosen });
  for (const { failures } of found) assertEquals([...failures], []);
});
