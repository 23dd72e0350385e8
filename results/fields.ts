/**
 * The error of a result file that cannot be read, and the reading of its
 * fields, each of which is checked.
 *
 * @module
 */
import { DensemarkError } from "../common/errors.ts";
import {
  type Fail,
  failWith,
  type JsonFields,
  parseFields as parse,
} from "../common/json_fields.ts";

/** A result file that cannot be read; the message is one line with the place and what is allowed there. */
export class ResultFileError extends DensemarkError {
  /** `"ResultFileError"`. */
  override name = "ResultFileError";
}

/** Ends the reading of a result file. */
export const fail: Fail = failWith(ResultFileError, "Cannot read the results");

/**
 * The fields of the object that `text` is as JSON.
 *
 * @throws {ResultFileError} where it is too long, not JSON, or no object.
 */
export function parseFields(text: string): JsonFields {
  return parse(text, fail);
}
