/**
 * Sortable tables: every header that says how its column sorts becomes a
 * button. Without this code the tables stand in the order of the file.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />

const collator = new Intl.Collator("en", { numeric: true });

/** Puts buttons into the headers of all tables in a part of the page that can be sorted. */
export function makeSortable(part: ParentNode = document): void {
  for (const header of part.querySelectorAll<HTMLElement>("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(header));
  }
}

/** Sorts by the column of a header: ascending at first, then the other way round at every click. */
function sort(header: HTMLElement): void {
  const body = header.closest("table")?.tBodies[0];
  const row = header.parentElement;
  if (!body || !row) return;
  const column = [...row.children].indexOf(header);
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of row.children) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const numeric = header.dataset["sort"] === "number";
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column], numeric) }));
  rows.sort((a, b) => compare(a.key, b.key, descending));
  body.append(...rows.map(({ row }) => row));
}

type Key = string | number | null;

function keyOf(cell: HTMLTableCellElement | undefined, numeric: boolean): Key {
  // What a cell opens to is not what it is called.
  const named = cell?.querySelector("summary") ?? cell;
  const text = cell?.dataset["value"] ?? named?.textContent ?? "";
  if (!numeric) return text;
  // A cell whose text begins with its number needs no other; "–" is none.
  const value = Number.parseFloat(text.replaceAll(/[\s,]/g, ""));
  return Number.isNaN(value) ? null : value;
}

/** What has no number comes last in both directions. */
function compare(a: Key, b: Key, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === "number" && typeof b === "number"
    ? a - b
    : collator.compare(String(a), String(b));
  return descending ? -order : order;
}
