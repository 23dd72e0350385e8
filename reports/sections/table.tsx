/**
 * The parts that every table of the report is made of: a region that scrolls
 * by itself on narrow screens, a caption, headers that the browser code makes
 * sortable, and cells with the number behind their text.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";
import { formatWhole, withoutZeros } from "../../common/numbers.ts";
import { formatBytes } from "../../common/units.ts";
import type { Cache, Environment } from "../../results/schema.ts";

/** A column: its title, and how it sorts, or null where order says nothing. */
export interface Column {
  readonly title: ComponentChildren;
  readonly sort: "text" | "number" | null;
}

/** A title above several columns. */
export interface ColumnGroup {
  readonly title: ComponentChildren;
  readonly span: number;
}

/** A table with its caption in a region that can be scrolled with the keyboard; groups are of the columns after the first. */
export function Table({ id, kind, caption, columns, groups, bodies, children }: {
  id: string;
  /** A class for its looks. */
  kind?: string;
  caption: string;
  columns: readonly Column[];
  groups?: readonly ColumnGroup[];
  /** Several bodies of their own, instead of one of the children. */
  bodies?: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="scroll" role="region" aria-labelledby={`${id}-caption`} tabIndex={0}>
      <table id={id} {...(kind === undefined ? {} : { class: kind })}>
        <caption id={`${id}-caption`}>
          <span class="wide">{caption}</span>
        </caption>
        {groups && (
          <>
            <colgroup />
            {groups.map(({ span }, i) => <colgroup key={i} span={span} />)}
          </>
        )}
        <thead>
          {groups && (
            <tr class="groups">
              <td />
              {groups.map(({ title, span }, i) => (
                <th key={i} scope="colgroup" colSpan={span}>
                  <span class="title">{title}</span>
                </th>
              ))}
            </tr>
          )}
          <tr>
            {columns.map(({ title, sort }, i) => (
              <th
                key={i}
                scope="col"
                {...(sort === null ? {} : { "data-sort": sort })}
                {...(sort === "number" ? { class: "number" } : {})}
              >
                <span class="title">{title}</span>
              </th>
            ))}
          </tr>
        </thead>
        {bodies ?? <tbody>{children}</tbody>}
      </table>
    </div>
  );
}

/** A table of names and what they are. */
export function Facts({ id, caption, rows }: {
  id: string;
  caption: string;
  rows: readonly (readonly [string, string])[];
}): JSX.Element {
  return (
    <div class="scroll" role="region" aria-labelledby={`${id}-caption`} tabIndex={0}>
      <table class="facts">
        <caption id={`${id}-caption`}>
          <span class="wide">{caption}</span>
        </caption>
        <tbody>
          {rows.map(([name, value], i) => (
            <tr key={i}>
              <th scope="row">{name}</th>
              <td class="prose">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The machine and the software as names and values. */
export function environmentRows(
  environment: Environment,
  engine: string,
): readonly (readonly [string, string])[] {
  return [
    ["Densemark", environment.densemark],
    ["commit", environment.commit ?? "not in a repository"],
    ["Deno", environment.deno],
    ["V8", environment.v8],
    ["engine", engine],
    ["operating system", `${environment.os}, ${environment.arch}`],
    ["processor", environment.cpu],
    ["logical cores", formatWhole(environment.cores)],
    ["memory", formatBytes(environment.memory)],
    ...stateRows(environment),
  ];
}

/** The state of the machine, as far as it is known. */
function stateRows(
  { governor, hypervisor, load, cpuQuota, cpuset, caches }: Environment,
): readonly (readonly [string, string])[] {
  const row = <T,>(name: string, value: T | undefined, text: (value: T) => string) =>
    value === undefined ? [] : [[name, text(value)] as const];
  const same = (text: string) => text;
  return [
    ...row("caches", caches, (all) => all.map(cacheText).join("; ") || "none"),
    ...row("hypervisor", hypervisor, same),
    ...row("governor", governor, same),
    ...row("processors allowed", cpuset, same),
    ...row("processor quota", cpuQuota, (one) => `the time of ${withoutZeros(one.toFixed(2))}`),
    ...row(
      "load at the start",
      load,
      (all) => `${all.map((one) => one.toFixed(2)).join(", ")} (over 1, 5, 15 min)`,
    ),
  ];
}

function cacheText({ level, kind, bytes, sharedBy }: Cache): string {
  const name = kind === "both" ? `L${level}` : `L${level} ${kind}`;
  return `${name} ${formatBytes(bytes)}${sharedBy > 1 ? `, shared by ${sharedBy}` : ""}`;
}

/** What a cell is sorted by: seven digits tell any two apart that differ to the eye, and half the weight. */
export function sortKey(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** A cell with a number: the text for people, and the value that the column sorts by (null sorts last). */
export function NumberCell({ value, children }: {
  value: number | null;
  children: ComponentChildren;
}): JSX.Element {
  return <td class="number" data-value={value === null ? "" : sortKey(value)}>{children}</td>;
}

/** A value with the ends of its interval behind it: 41.3 (40.9–41.8). */
export function WithInterval({ value, low, high, unit }: {
  value: string;
  low: string;
  high: string;
  unit?: string;
}): JSX.Element {
  return (
    <>
      <span class="value">{value}{unit === undefined ? "" : `\u00a0${unit}`}</span>{" "}
      <span class="interval">({low}–{high})</span>
    </>
  );
}

/** The name of a kernel, which wraps where it is long, with a mark where it is a peer. */
export function KernelLabel({ name, peer }: { name: string; peer: boolean }): JSX.Element {
  return (
    <>
      <span class="title">{name}</span>
      {peer && (
        <>
          {" "}
          <Peer />
        </>
      )}
    </>
  );
}

/** Marks another project's library. */
export function Peer(): JSX.Element {
  return <span class="tag">peer</span>;
}
