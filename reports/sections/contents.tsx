/**
 * The way to the parts of a page.
 *
 * @module
 */
import type { JSX } from "preact";

/** Links to headings: their ids, and what they say. */
export function Contents({ entries }: {
  entries: readonly (readonly [string, string])[];
}): JSX.Element {
  return (
    <nav aria-label="Contents">
      <ul>
        {entries.map(([id, title]) => (
          <li key={id}>
            <a href={`#${id}`}>{title}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
