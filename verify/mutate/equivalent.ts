/**
 * The mutations that were found to be equivalent, with the reason: no
 * check can kill them, and they do not count. They are found again by what the
 * code and the code around it say, not by where it stands: the same text or
 * bytes elsewhere are another mutation, and are not excused.
 *
 * @module
 */
import { failWith, type JsonFields, parseFields } from "../../common/json_fields.ts";
import { UsageError } from "../../common/command.ts";
import type { MutantRecord } from "../../results/mutation/schema.ts";

/** A reason, and the mutations that it is of. */
export interface Equivalence {
  /** The path of the source, the name of the generated module, or `wgsl`. */
  readonly file: string;
  /** The kernel in which it is so; null for all. */
  readonly kernel: string | null;
  /** The operator; null for all. */
  readonly operator: string | null;
  /** The text of the line, without the space around it; of generated code, the instruction's bytes; null for all code of the file that no case reaches. */
  readonly place: string | null;
  /** What the line became; null for whatever is changed in it. */
  readonly becomes: string | null;
  /** What tells the place from others that read the same, as a mutant's record has it; empty of WGSL, where a line is changed wherever it stands. */
  readonly context: readonly string[];
  readonly reason: string;
}

/** What is said of a mutant whose code no case reaches. */
export const neverReached = "no case reaches its code";

const url = new URL("equivalent.json", import.meta.url);

function equivalence(fields: JsonFields): Equivalence {
  const text = (key: string) => fields.maybe(key, (f, key) => f.text(key));
  const file = fields.text("file");
  const place = text("place");
  return {
    file,
    kernel: text("kernel"),
    operator: text("operator"),
    place,
    becomes: text("becomes"),
    context: file === "wgsl" || place === null ? [] : fields.texts("context"),
    reason: fields.text("reason"),
  };
}

/**
 * The reasons in a text.
 *
 * @throws {UsageError} where it is no list of them.
 */
export function parseEquivalences(text: string): Equivalence[] {
  const fields = parseFields(text, failWith(UsageError, "Cannot read equivalent.json"));
  return fields.list("equivalent", equivalence);
}

/** The reasons that are kept beside this file. */
export async function readEquivalences(): Promise<Equivalence[]> {
  return parseEquivalences(await Deno.readTextFile(url));
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a.length > 0 && a.length === b.length && a.every((text, i) => text === b[i]);

/** Why a mutant is equivalent; null where it is not known. */
export function reasonFor(
  { kernel, file, kind, operator, place, becomes, detail, context = [] }: Pick<
    MutantRecord,
    "kernel" | "file" | "kind" | "operator" | "place" | "becomes" | "context" | "detail"
  >,
  all: readonly Equivalence[],
): string | null {
  // A line of WGSL is the same wherever it stands.
  const own = kind === "wgsl" ? kind : file;
  const found = all.find((one) =>
    one.file === own && (one.place === null
      ? detail === neverReached
      : one.place === place && (kind === "wgsl" || isSame(one.context, context))) &&
    (one.kernel ?? kernel) === kernel && (one.operator ?? operator) === operator &&
    (one.becomes ?? becomes) === becomes
  );
  return found?.reason ?? null;
}
