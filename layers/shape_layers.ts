/**
 * A base of layers that change the shape alone: the elements keep their order.
 *
 * @module
 */
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import { BaseLayer } from "./base_layer.ts";
import type { Computed, GradientRequest, LayerOptions } from "./layer_options.ts";
import { checkFormulaKernel } from "./temporaries.ts";

/** A layer whose result is a copy in another shape. */
export abstract class ShapeLayer extends BaseLayer {
  /**
   * Makes it.
   *
   * @param className Its name in Keras.
   */
  constructor(kernel: Kernel, className: string, options: LayerOptions) {
    super(kernel, className, options);
    checkFormulaKernel(`a ${className} layer`, kernel);
  }

  /** The result, and what gradients need. */
  protected override compute(x: Tensor): Computed {
    const { kernel } = this;
    const y = kernel.tensor(this.computeOutputShape(x.shape) as number[]);
    try {
      kernel.copy!(x, y);
    } catch (error) {
      y[Symbol.dispose]();
      throw error;
    }
    return { y };
  }

  /** The gradients by the input and the variables. */
  protected override computeGradients(
    { pass, dy, inputGradient, create }: GradientRequest,
  ): Tensor | null {
    if (!inputGradient) return null;
    const dx = create(pass.x.shape);
    this.kernel.copy!(dy, dx);
    return dx;
  }
}
