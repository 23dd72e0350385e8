/**
 * For tests: what axe-core finds wrong in an open page for people who use other
 * means than eyes and a mouse.
 *
 * @module
 */
import axe from "axe-core";
import type { Opened } from "./page_testing.ts";

/** The rules that are broken, each with the first elements that break it. */
export async function violations(opened: Opened): Promise<string[]> {
  // By the browser's tools, which the policy of the page does not concern.
  await opened.value(`${axe.source}; null`);
  return await opened.value<string[]>(`axe.run(document, { resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")))`);
}
