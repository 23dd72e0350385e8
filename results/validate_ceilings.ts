/**
 * Reads the ceilings of a result file, every field checked as in `validate.ts`.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import { quote } from "../common/text.ts";
import { fail } from "./fields.ts";
import type { Ceiling } from "./schema.ts";

/** The ceilings, each there once. */
export function ceilingsOf(file: JsonFields): Ceiling[] {
  const ceilings = file.list("ceilings", ceiling);
  const known = new Set<string>();
  for (const [i, { id, threads }] of ceilings.entries()) {
    const key = JSON.stringify([id, threads]);
    if (known.has(key)) {
      fail(`ceilings[${i}].id`, `is ${quote(id)} on ${threads} threads a second time`);
    }
    known.add(key);
  }
  return ceilings;
}

function ceiling(fields: JsonFields): Ceiling {
  // Below a flop or byte a second nothing was measured; 0 would make shares without bound.
  const rate = (key: string) => fields.number(key, 1e-9);
  const kind = fields.choice("kind", ["compute", "bandwidth"]);
  const found: Ceiling = {
    id: fields.text("id"),
    kind,
    what: fields.text("what"),
    threads: fields.count("threads", 1),
    bytes: kind === "bandwidth" ? fields.count("bytes", 1) : fields.nothing("bytes"),
    unit: fields.choice("unit", [kind === "bandwidth" ? "GB/s" : "GFLOP/s"]),
    median: rate("median"),
    low: rate("low"),
    high: rate("high"),
    best: rate("best"),
    confidence: fields.number("confidence", 0, 1),
    samples: fields.numbers("samples"),
    ...fields.absent("unknown", (f, key) => f.text(key)),
  };
  const { low, median, high, best } = found;
  if (!(low <= median && median <= high && high <= best)) {
    fields.fail(
      "median",
      `is ${median}; low ${low}, median, high ${high} and best ${best} must ascend`,
    );
  }
  return found;
}
