/**
 * Low-rank adaptation (Hu et al., ICLR 2022) as Keras 3 has it: the weight is
 * frozen, and what training changes is a product of two thin matrices that is
 * added to it.
 *
 * @module
 */
import { add, mul, operand, parameter } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { keep } from "../kernels/scope.ts";
import type { LayerVariable } from "./layer_variable.ts";
import { withTemporaries } from "./temporaries.ts";

const sum = formula(add(operand(0), mul(parameter(0), operand(1))));
const scaled = formula(mul(parameter(0), operand(0)));

/** The adaptation of one weight. */
export class LowRank implements Disposable {
  #sum: Tensor | null = null;
  #versions = "";

  constructor(
    readonly kernel: Kernel,
    readonly a: LayerVariable,
    readonly b: LayerVariable,
    readonly rank: number,
    readonly alpha: number,
  ) {}

  /** What the product a · b is multiplied by: alpha/rank. */
  get scale(): number {
    return this.alpha / this.rank;
  }

  /** weight + scale · a · b, made anew where one of them was changed; it belongs to this object. */
  adapted(weight: Tensor): Tensor {
    const { kernel, a, b } = this;
    const versions = [weight, a.tensor, b.tensor].map(({ version }) => version).join();
    this.#sum ??= keep(kernel.tensor(weight.shape));
    const total = this.#sum;
    if (versions !== this.#versions) {
      kernel.copy!(weight, total);
      this.addTo(total);
      this.#versions = versions;
    }
    return total;
  }

  /** weight += scale · a · b. */
  addTo(weight: Tensor): void {
    const { kernel, a, b } = this;
    withTemporaries(kernel, (create) => {
      const product = create(weight.shape);
      kernel.matmul(a.tensor, b.tensor, product);
      kernel.map!(sum, [weight, product], [weight], [this.scale]);
    });
  }

  /** z += scale · (x · a) · b, for a weight that no product can be added to. */
  addProduct(x: Tensor, z: Tensor): void {
    const { kernel, a, b, rank } = this;
    withTemporaries(kernel, (create) => {
      const [thin, product] = [create([...x.shape.slice(0, -1), rank]), create(z.shape)];
      kernel.matmul(x, a.tensor, thin);
      kernel.matmul(thin, b.tensor, product);
      kernel.map!(sum, [z, product], [z], [this.scale]);
    });
  }

  /** dx += scale · (dz · bᵀ) · aᵀ. */
  addBack(dz: Tensor, dx: Tensor): void {
    const { kernel, a, b, rank } = this;
    withTemporaries(kernel, (create) => {
      const [thin, product] = [create([...dz.shape.slice(0, -1), rank]), create(dx.shape)];
      kernel.matmul(dz, b.tensor, thin, { transposeB: true });
      kernel.matmul(thin, a.tensor, product, { transposeB: true });
      kernel.map!(sum, [dx, product], [dx], [this.scale]);
    });
  }

  /** The gradients by a and b, given that by the sum. */
  gradients(by: Tensor, ofA: Tensor, ofB: Tensor): void {
    const { kernel, a, b, scale } = this;
    kernel.matmul(by, b.tensor, ofA, { transposeB: true });
    kernel.matmul(a.tensor, by, ofB, { transposeA: true });
    for (const gradient of [ofA, ofB]) kernel.map!(scaled, [gradient], [gradient], [scale]);
  }

  [Symbol.dispose](): void {
    this.#sum?.[Symbol.dispose]();
    this.#sum = null;
    this.#versions = "";
  }
}
