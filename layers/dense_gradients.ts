/**
 * The gradients of a Dense layer: dz = dy · f'(z), dw = xᵀ · dz, db = the sum of
 * dz's rows, dx = dz · wᵀ; of a low-rank adaptation by its two matrices.
 *
 * @module
 */
import type { Kernel, Tensor } from "../kernels/kernel.ts";
import type { ActivationFunction } from "./activation_function.ts";
import type { DenseWeight } from "./dense_weight.ts";
import type { GradientRequest } from "./layer_options.ts";
import type { LayerVariable } from "./layer_variable.ts";
import { withTemporaries } from "./temporaries.ts";

/** The layer that gradients are of. */
interface DenseState {
  readonly units: number;
  readonly weight: DenseWeight;
  readonly bias: LayerVariable | null;
  readonly learns: (variable: LayerVariable) => boolean;
}

/** Sets the gradients by the variables, and gives that by the input, where it is asked for. */
export function denseGradients(
  kernel: Kernel,
  f: ActivationFunction,
  { pass, dy, inputGradient, beforeActivation, create }: GradientRequest,
  { units, weight: { lora, shape, variable: weight }, weight: whole, bias, learns }: DenseState,
): Tensor | null {
  const { x } = pass;
  const [z = null] = pass.kept;
  return withTemporaries(kernel, (temporary) => {
    // All memory that is needed, before anything is written.
    const ofWeight = learns(weight) ? weight.gradientTensor(create) : null;
    const ofBias = bias && learns(bias) ? bias.gradientTensor(create) : null;
    const adapted = lora && learns(lora.a) ? temporary(shape) : null;
    const ofA = adapted && lora!.a.gradientTensor(create);
    const ofB = adapted && lora!.b.gradientTensor(create);
    const dx = inputGradient ? create(x.shape) : null;
    const same = beforeActivation || f.ofKernel === "linear";
    const dz = same ? dy : temporary([...x.shape.slice(0, -1), units]);
    if (!same) f.gradient(kernel, { z, y: pass.y, dy, dz });
    const products = ofWeight ?? adapted;
    if (products) kernel.matmul(x, dz, products, { transposeA: true });
    if (adapted) lora!.gradients(adapted, ofA!, ofB!);
    if (ofBias) kernel.sumRows(dz, ofBias);
    if (dx) whole.multiplyBack(dz, pass.weight!, dx);
    if (ofWeight) weight.setGradient(ofWeight);
    if (ofBias) bias!.setGradient(ofBias);
    if (ofA) lora!.a.setGradient(ofA);
    if (ofB) lora!.b.setGradient(ofB);
    return dx;
  });
}
