/**
 * The activation of a layer as Keras writes it and has written it: by name, by a
 * former name, as a function that was serialized by itself, or as a layer of its
 * own whose parameters are those of the plain activation.
 * Names: keras/src/activations/__init__.py, and TensorFlow's before it.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { type Activation, activations, isActivation } from "../kernels/activation.ts";
import type { Config } from "./stored_model.ts";

/** Other names that Keras takes or has written, and what they stand for. */
const aliases: ReadonlyMap<unknown, string> = new Map([
  ["swish", "silu"],
  ["hard_swish", "hard_silu"],
  // TensorFlow's function is called so inside.
  ["softmax_v2", "softmax"],
  // Of TensorFlow.js.
  ["gelu_new", "gelu_tanh"],
  ["logSoftmax", "log_softmax"],
]);

/** The name of a layer's activation as it is written, alone or as a function; null where it is a layer of its own, or none. */
function nameIn({ activation }: Config): string | null {
  let value: unknown = activation;
  while (typeof value === "object" && value !== null) {
    const { class_name: kind, config } = value as Config;
    if (kind === "function") value = config;
    else if (kind === "Activation") value = (config as Config | null)?.activation;
    else return null;
  }
  return typeof value === "string" ? value : null;
}

/** The usual name of the activation that a layer's configuration names; null where it is a layer of its own, or none. */
export function activationNameIn(config: Config): string | null {
  const name = nameIn(config);
  return aliases.get(name) ?? name;
}

/** A layer's configuration with the usual name of its activation, where it has another one. */
export function withUsualName(config: Config): Config {
  const usual = aliases.get(nameIn(config));
  return usual === undefined ? config : { ...config, activation: usual };
}

/** The activation that a layer is, and the parameters with which it is that. */
interface LikeActivation {
  readonly activation: Activation;
  readonly parameters: Readonly<Record<string, number | null>>;
}

/** Layers that do what an activation does where their parameters are these; null is absent. */
const layers: ReadonlyMap<string, LikeActivation> = new Map<string, LikeActivation>([
  ["ReLU", {
    activation: "relu",
    parameters: { max_value: null, negative_slope: 0, threshold: 0 },
  }],
  ["ELU", { activation: "elu", parameters: { alpha: 1 } }],
  ["Softmax", { activation: "softmax", parameters: { axis: -1 } }],
]);

/** The classes of layers that are an activation. */
export const activationLayerNames: readonly string[] = [...layers.keys()];

/** Whether layers of a class are an activation that is read here. */
export function isActivationLayer(className: string): boolean {
  return layers.has(className);
}

/** The activation under a key; ends the reading where it is none that is computed here. */
export function activationOf(fields: JsonFields, key: string): Activation {
  const value = fields.any(key);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const usual = aliases.get(value);
    return isActivation(usual) ? usual : fields.choice(key, activations);
  }
  const written = fields.object(key);
  const kind = written.text("class_name");
  // A function's configuration is its name.
  if (kind === "function") return activationOf(written, "config");
  const config = written.objectOrEmpty("config");
  if (kind === "Activation") return activationOf(config, "activation");
  const layer = layers.get(kind);
  if (layer === undefined) {
    const known = ["function", "Activation", ...layers.keys()].join(", ");
    return written.fail("class_name", `is ${quote(kind)}; those that are read are ${known}`);
  }
  for (const [name, usual] of Object.entries(layer.parameters)) {
    const found = config.maybe(name, () => config.any(name)) ?? usual;
    if (found !== usual) {
      config.fail(name, `is ${quote(found)}; a ${kind} is read where it is ${usual}`);
    }
  }
  return layer.activation;
}
