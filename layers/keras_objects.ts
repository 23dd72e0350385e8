/**
 * Objects as Keras's configurations have them: a class's name with its own
 * configuration, by Keras 3 with a module besides.
 *
 * @module
 */
import { isShallow } from "../common/depth.ts";
import { describe } from "../common/describe.ts";
import { ArgumentError } from "../common/errors.ts";

/** A configuration: what JSON can hold, by Keras's names. */
export type KerasConfig = Readonly<Record<string, unknown>>;

/** An object of a class with its configuration. */
export interface KerasObject extends KerasConfig {
  /** The class, as `Dense`. */
  readonly class_name: string;
  /** Its arguments. */
  readonly config: KerasConfig;
}

/** Which generation of Keras wrote a configuration: 2, which TensorFlow.js shares, or 3. */
export type KerasVersion = 2 | 3;

/** An object as Keras 3 writes it. */
export function kerasObject(
  module: string,
  class_name: string,
  config: KerasConfig,
): KerasObject {
  return { module, class_name, config, registered_name: null };
}

/** Whether a value is an object that is no array. */
export function isConfig(value: unknown): value is KerasConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// No configuration is a third as deep; what walks through one may call itself.
const mostDepth = 100;

/**
 * Checks that a value has no more levels than a walk through it can take.
 *
 * @throws {ArgumentError} where it has, or contains itself.
 */
export function checkDepth(what: string, value: unknown): void {
  if (isShallow(value, mostDepth)) return;
  throw new ArgumentError(`${what} is nested more than ${mostDepth} levels deep`);
}

/**
 * An object with a class's name.
 *
 * @throws {ArgumentError} where it is none.
 */
export function readKerasObject(what: string, value: unknown): KerasObject {
  if (isConfig(value) && typeof value.class_name === "string") {
    const { class_name, config = {} } = value;
    if (isConfig(config)) return { ...value, class_name, config };
  }
  const hint = typeof value === "string"
    ? ", which JSON.parse() may make such an object of"
    : isConfig(value) && !("class_name" in value) && ("layers" in value || "name" in value)
    ? ", which may be such a config: getConfig() gives it without the class"
    : "";
  throw new ArgumentError(`${what} must be { class_name, config }; got ${describe(value)}${hint}`);
}

/** A name of Keras's arguments in camelCase. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The generation that wrote a configuration. Keras 3 names modules, in the layer
 * or in what it is made of; its dtype is an object.
 */
export function versionOf(config: KerasConfig): KerasVersion {
  const names = ["module", "registered_name", "quantization_config", "build_config"];
  if (names.some((name) => name in config)) return 3;
  return Object.values(config).some((value) => isConfig(value) && "module" in value) ? 3 : 2;
}
