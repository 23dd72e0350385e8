/**
 * The weight of a Dense layer in the form that it has: float32 numbers, whole
 * numbers with their scales, and either of them with a low-rank adaptation.
 *
 * @module
 */
import { add, operand, perColumn } from "../kernels/formula/expression.ts";
import { formula } from "../kernels/formula/formula.ts";
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction, DenseOperands } from "./activation_function.ts";
import { getActivation } from "./activations.ts";
import { int4Options, Int4Product } from "./int4.ts";
import { Int8Product } from "./int8.ts";
import type { LayerVariable, VariableOptions } from "./layer_variable.ts";
import type { LowRank } from "./lora.ts";
import type { Quantization } from "./quantization.ts";
import type { QuantizedProduct } from "./quantized_product.ts";
import { storeOf } from "./variable_owner.ts";
import type { ShapedData } from "./shaped_data.ts";
import { type FormulaKernel, Owned, withTemporaries } from "./temporaries.ts";

const withBias = formula(add(operand(0), perColumn(1)));
const linear = getActivation(null);

/** How the variables of a quantized layer are made: that in the weight's place, and those behind the bias. */
export function quantizedOptions(
  { mode, blockSize }: Quantization,
  [k, n]: readonly [number, number],
): { readonly place: VariableOptions; readonly behind: readonly VariableOptions[] } {
  const { packed, scale, zero, groups } = int4Options(k, n, blockSize);
  if (mode === "int8") {
    // Any numbers may be set, which are computed with as they are.
    const { problem: _, ...place } = packed;
    return { place: { ...place, shape: [k, n] }, behind: [scale] };
  }
  return { place: packed, behind: [scale, zero, groups].filter((each) => each !== null) };
}

/** The product with the variables that {@linkcode quantizedOptions} says, once they are made. */
export function quantizedProduct(
  kernel: Kernel,
  settings: Quantization,
  shape: readonly [number, number],
  place: LayerVariable,
  [scale, zero, groups]: readonly LayerVariable[],
): QuantizedProduct {
  if (settings.mode === "int8") {
    return new Int8Product(kernel, place.tensor, scale!.tensor, settings);
  }
  const variables = {
    packed: place,
    scale: scale!,
    zero: zero ?? null,
    groups: groups ?? null,
  };
  return new Int4Product(kernel as FormulaKernel, variables, shape, settings);
}

/** The weight of a layer. */
export class DenseWeight implements Disposable {
  /** Its adaptation. */
  lora: LowRank | null = null;
  /** It in whole numbers, where it is quantized. */
  quantized: QuantizedProduct | null = null;

  /**
   * @param variable The numbers themselves, packed where they are int4.
   * @param shape Of the weight, [inputs, units].
   */
  constructor(
    readonly kernel: Kernel,
    public variable: LayerVariable,
    readonly shape: readonly [number, number],
  ) {}

  /** What Keras calls the kernel: whole numbers where it is quantized, and else with its adaptation. */
  get value(): Tensor {
    return this.quantized?.numbers() ?? this.factor;
  }

  /** The tensor that must not change until gradients are computed. */
  get factor(): Tensor {
    const { lora, quantized, variable: { tensor } } = this;
    return lora && !quantized ? lora.adapted(tensor) : tensor;
  }

  /** What else must not: the adapted weight is made of a and b when it is asked for. */
  get others(): readonly Tensor[] {
    const { a, b } = this.lora ?? {};
    return [a, b].flatMap((each) => each ? [each.tensor] : []).concat(this.quantized?.others ?? []);
  }

  /** y = f(x · weight + bias); z, where it is given, is what f is applied to. */
  dense(f: ActivationFunction, operands: Omit<DenseOperands, "weight">): void {
    const { kernel, lora, quantized } = this;
    if (!quantized) return f.dense(kernel, { ...operands, weight: this.factor });
    if (!lora) return quantized.dense(f, operands);
    const { x, bias, y, z: given } = operands;
    withTemporaries(kernel, (create) => {
      const z = given ?? create([...x.shape.slice(0, -1), this.shape[1]]);
      quantized.dense(linear, { x, bias: null, y: z, z: null });
      // Of the inputs as they are, and before the bias, as in Keras.
      lora.addProduct(x, z);
      if (bias) kernel.map!(withBias, [z, bias], [z]);
      f.apply(kernel, z, y);
    });
  }

  /** dx = dz · weightᵀ. @param factor As it was in the forward pass. */
  multiplyBack(dz: Tensor, factor: Tensor, dx: Tensor): void {
    const { kernel, lora, quantized } = this;
    if (!quantized) return kernel.matmul(dz, factor, dx, { transposeB: true });
    quantized.multiplyBack(dz, dx);
    lora?.addBack(dz, dx);
  }

  /** Adds the adaptation to the weight for good, which learns again where it is not quantized. */
  mergeLora(): void {
    const { kernel, lora, quantized, variable } = this;
    if (quantized) {
      using own = new Owned();
      quantized.encode(this.#whole(lora!, quantized, own));
    } else {
      kernel.copy!(this.factor, variable.tensor);
      variable.learns = true;
    }
    lora?.[Symbol.dispose]();
    this.lora = null;
  }

  /** The values of a layer with this weight and a bias, by their places, as if the adaptation were merged. */
  async mergedStore(
    bias: Tensor | undefined,
    make: (options: VariableOptions) => LayerVariable,
  ): Promise<Record<string, ShapedData>> {
    using own = new Owned();
    const [weight, ...scales] = this.#merged(own, make);
    return await storeOf([weight!, ...(bias ? [bias] : []), ...scales]);
  }

  /** The values of the weight, and of what it is scaled by; what is made belongs to `own`. */
  #merged(own: Owned, make: (options: VariableOptions) => LayerVariable): readonly Tensor[] {
    const { kernel, lora, quantized, shape } = this;
    if (!quantized) return [this.factor];
    const { place, behind } = quantizedOptions(quantized.settings, shape);
    const [first, ...others] = [place, ...behind].map((options) => own.use(make(options)));
    const product = own.use(quantizedProduct(kernel, quantized.settings, shape, first!, others));
    product.encode(this.#whole(lora!, quantized, own));
    return [first!, ...others].map(({ tensor }) => tensor);
  }

  [Symbol.dispose](): void {
    this.lora?.[Symbol.dispose]();
    this.quantized?.[Symbol.dispose]();
  }

  /** The weight that whole numbers stand for, with its adaptation. */
  #whole(lora: LowRank, quantized: QuantizedProduct, own: Owned): Tensor {
    const weight = own.use(this.kernel.tensor(this.shape));
    quantized.decode(weight);
    lora.addTo(weight);
    return weight;
  }
}
