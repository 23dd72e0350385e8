/**
 * Values of JSON in a form that deflates to less: arrays of objects as columns,
 * which puts like beside like, and arrays of numbers as distances from the least
 * in units of their last decimal. Exact: what is read back is the same value.
 *
 * @module
 */

/** Marks an array of objects: a column for each key. */
const table = "@";
/** Marks an array of numbers: exponent of ten, the least, and how far each number is above it. */
const numbers = "#";
/** Marks an array of arrays: how long each is, and all that they hold, one behind the other. */
const lists = "~";

/** One key of an array of objects: its values where they are, and where they are not. */
type Column = readonly [
  key: string,
  values: unknown,
  /** The places of null, and those of objects without the key. */
  nulls?: readonly number[],
  absent?: readonly number[],
];

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The value with its arrays in that form, to be written as JSON.
 *
 * @throws {TypeError} where an object has one of the marks as a key.
 *
 * @example
 * ```ts
 * import { fromColumns, toColumns } from "./columns.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [{ name: "a", times: [0.5, 0.25, 0.75] }, { name: "b", times: null }];
 * assertEquals(fromColumns(JSON.parse(JSON.stringify(toColumns(rows)))), rows);
 * ```
 */
export function toColumns(value: unknown): unknown {
  if (Array.isArray(value)) return ofArray(value);
  if (!isFields(value)) return value;
  for (const mark of [table, numbers, lists]) {
    if (Object.hasOwn(value, mark)) throw new TypeError(`no object may have the key "${mark}"`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toColumns(one)]));
}

function ofArray(values: readonly unknown[]): unknown {
  if (values.length > 1) {
    if (values.every(isFields)) return { [table]: [values.length, ...columnsOf(values)] };
    if (values.every(Array.isArray)) return ofArrays(values);
    if (values.every((one) => typeof one === "number")) return shortest(values);
  }
  return values.map(toColumns);
}

function columnsOf(rows: readonly Fields[]): readonly Column[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].map((key) => {
    const [values, nulls, absent]: [unknown[], number[], number[]] = [[], [], []];
    for (const [i, row] of rows.entries()) {
      const value = row[key];
      if (value === undefined) absent.push(i);
      else if (value === null) nulls.push(i);
      else values.push(value);
    }
    const column: Column = [key, ofArray(values)];
    if (absent.length > 0) return [...column, nulls, absent] as unknown as Column;
    return nulls.length > 0 ? [...column, nulls] as unknown as Column : column;
  });
}

/** Arrays of objects as one; others each by itself, since each has a least of its own. */
function ofArrays(arrays: readonly (readonly unknown[])[]): unknown {
  const all = arrays.flat();
  if (all.length > 1 && all.every(isFields)) {
    return { [lists]: [arrays.map(({ length }) => length), ofArray(all)] };
  }
  return arrays.map(toColumns);
}

/** A decimal number as a whole number of units of a power of ten; null for what is none. */
function decimalOf(value: number): { readonly digits: number; readonly exponent: number } | null {
  const [, sign, whole, after = "", power] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  if (whole === undefined || Object.is(value, -0)) return null;
  return { digits: Number(`${sign}${whole}${after}`), exponent: Number(power) - after.length };
}

/** Numbers as distances from the least where that is shorter than as they are. */
function shortest(values: readonly number[]): unknown {
  const plain = values.map((one) => one);
  const decimals = values.map(decimalOf);
  const known = decimals.filter((one) => one !== null);
  if (known.length < values.length || values.every(Number.isInteger)) return plain;
  const exponent = Math.min(...known.map((one) => one.exponent));
  const units = known.map((one) => one.digits * 10 ** (one.exponent - exponent));
  if (!units.every(Number.isSafeInteger)) return plain;
  // From the least of them, since signs would cost more than the digits that they save.
  const least = Math.min(...units);
  const short = { [numbers]: [exponent, least, ...units.map((one) => one - least)] };
  const exact = numbersOf(short[numbers]!).every((one, i) => one === values[i]);
  return exact && JSON.stringify(short).length < JSON.stringify(plain).length ? short : plain;
}

/** The powers of ten that float64 has exactly. */
const powers = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** The value of which {@linkcode toColumns} made this one. */
export function fromColumns(value: unknown): unknown {
  if (Array.isArray(value)) return value.some(isObject) ? value.map(fromColumns) : value;
  if (!isFields(value)) return value;
  if (Object.hasOwn(value, table)) {
    const [length, ...columns] = value[table] as readonly [number, ...Column[]];
    return rowsOf(length, columns);
  }
  if (Object.hasOwn(value, numbers)) {
    return numbersOf(value[numbers] as readonly number[]);
  }
  if (Object.hasOwn(value, lists)) {
    const [lengths, all] = value[lists] as readonly [readonly number[], unknown];
    const values = fromColumns(all) as readonly unknown[];
    let at = 0;
    return lengths.map((length) => values.slice(at, at += length));
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fromColumns(one)]));
}

/**
 * Whole numbers of units as the nearest numbers: by one division or product of two
 * exact numbers, which is rounded once (Clinger 1990), else by their text, which takes
 * longer. A loop without calls, which are dear in code that runs once.
 */
function numbersOf(list: readonly number[]): readonly number[] {
  const [exponent = 0, least = 0] = list;
  const power = powers[Math.abs(exponent)];
  const values: number[] = [];
  for (let i = 2; i < list.length; i++) {
    const units = least + list[i]!;
    values.push(
      power === undefined
        ? Number(`${units}e${exponent}`)
        : exponent < 0
        ? units / power
        : units * power,
    );
  }
  return values;
}

function rowsOf(length: number, columns: readonly Column[]): readonly Fields[] {
  const rows = Array.from({ length }, (): Record<string, unknown> => ({}));
  for (const [key, encoded, nulls = [], absent = []] of columns) {
    const values = fromColumns(encoded) as readonly unknown[];
    const [none, without] = [new Set(nulls), new Set(absent)];
    let at = 0;
    rows.forEach((row, i) => {
      if (!without.has(i)) row[key] = none.has(i) ? null : values[at++];
    });
  }
  return rows;
}
