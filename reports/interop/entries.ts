/**
 * Entries of a list in a file of another tool. One that is odd must neither hide
 * the others nor pass for a number: it is shown, with what is wrong with it.
 *
 * @module
 */
import { type Fail, JsonFields } from "../../common/json_fields.ts";
import type { ForeignBenchmark } from "./foreign.ts";

/** What is wrong with an entry. */
class OddEntryError extends Error {
  override name = "OddEntryError";
}

const failEntry: Fail = (where, what) => {
  throw new OddEntryError(`${where} ${what}`);
};

/** What `read` finds; where it ends at something odd, what `otherwise` makes of the reason. */
export function readOr<T>(read: () => T, otherwise: (reason: string) => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OddEntryError)) throw error;
    return otherwise(error.message);
  }
}

/** The name that an entry has under `key`; its place where it has none. */
function nameIn(value: unknown, key: string, place: string): string {
  const name = (value as Readonly<Record<string, unknown>> | null)?.[key];
  return typeof name === "string" ? name : place;
}

/**
 * What `read` makes of each entry of a list, and `odd` of the name, which is
 * under `nameKey`, and the fault of each that cannot be read.
 */
export function entriesOf<T>(
  file: JsonFields,
  key: string,
  nameKey: string,
  read: (fields: JsonFields) => T,
  odd: (name: string, reason: string) => T,
): T[] {
  return file.items(key).map((value, i) => {
    const place = `${file.place(key)}[${i}]`;
    return readOr(
      () => read(new JsonFields(value, failEntry, place)),
      (reason) => odd(nameIn(value, nameKey, place), reason),
    );
  });
}

/** The row of an entry that cannot be read. */
export function oddBenchmark(name: string, reason: string): ForeignBenchmark {
  return {
    name,
    group: null,
    baseline: false,
    seconds: null,
    shape: null,
    flopRate: null,
    failure: `it cannot be read: ${reason}`,
  };
}
