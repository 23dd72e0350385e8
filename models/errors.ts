/**
 * The error of everything that reads models.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";

/** A file of a model or of its input that cannot be read or does not fit; the message is one line that says why. */
export class ModelFileError extends DensemarkError {
  /** `"ModelFileError"`. */
  override name = "ModelFileError";
}
