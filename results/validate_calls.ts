/**
 * Reads what a result file says of single calls and leaks, every field
 * checked as in `validate.ts`.
 *
 * @module
 */
import type { JsonFields } from "../common/json_fields.ts";
import type { CallTimes, LaunchCalls, Leak, Quantile } from "./calls_schema.ts";

// As in seconds: below a femtosecond no call ends.
const leastTime = 1e-15;

/** The times of single calls. */
export function callTimes(fields: JsonFields): CallTimes {
  return { batch: fields.count("batch", 1), launches: fields.list("launches", launchCalls) };
}

function launchCalls(fields: JsonFields): LaunchCalls {
  const high = (key: string) => fields.optional(key, (f, key) => quantile(f.object(key)));
  const blocks = fields.object("blocks");
  const found: LaunchCalls = {
    ...fields.absent("launch", (f, key) => f.count(key, 1)),
    n: fields.count("n", 1),
    mean: fields.number("mean", leastTime),
    deviation: fields.number("deviation", 0),
    mad: fields.number("mad", 0),
    p50: quantile(fields.object("p50")),
    p95: high("p95"),
    p99: high("p99"),
    bimodal: fields.flag("bimodal"),
    blocks: { p50: blocks.numbers("p50"), p95: blocks.numbers("p95") },
  };
  const { p50, p95, p99 } = found;
  if (p95 !== null && p95.value < p50.value) {
    fields.fail("p95", `is ${p95.value}; p50, ${p50.value}, must not be more`);
  }
  if (p99 !== null && p99.value < (p95 ?? p50).value) {
    fields.fail("p99", `is ${p99.value}; p95, ${(p95 ?? p50).value}, must not be more`);
  }
  const { length } = found.blocks.p50;
  if (found.blocks.p95.length !== length) {
    blocks.fail("p95", `has ${found.blocks.p95.length} values; it must have ${length}, as p50 has`);
  }
  for (const [i, middle] of found.blocks.p50.entries()) {
    if (middle < leastTime) blocks.fail(`p50[${i}]`, `is ${middle}; it must be more than 0`);
    const slow = found.blocks.p95[i] ?? NaN;
    if (slow < middle) {
      blocks.fail(`p95[${i}]`, `is ${slow}; p50[${i}], ${middle}, must not be more`);
    }
  }
  return found;
}

function quantile(fields: JsonFields): Quantile {
  const end = (key: string) => fields.optional(key, (f, key) => f.number(key, leastTime));
  const found = { value: fields.number("value", leastTime), low: end("low"), high: end("high") };
  if ((found.low ?? 0) > found.value || (found.high ?? Infinity) < found.value) {
    fields.fail("value", `is ${found.value}; it must lie between low and high`);
  }
  return found;
}

/** Memory that grows with the calls. */
export function leak(fields: JsonFields): Leak {
  return {
    bytesPerCall: fields.number("bytesPerCall", 0),
    of: fields.choice("of", ["kernel", "javascript"]),
  };
}
