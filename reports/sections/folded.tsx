/**
 * A part of a page that is folded away until it is asked for, found, linked to or
 * printed.
 *
 * @module
 */
import type { ComponentChildren, JSX } from "preact";

/** What is behind a line that opens it. */
export function Folded({ title, children }: {
  title: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <details>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
