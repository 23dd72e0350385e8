/**
 * Writes the sections of a page anew for other results, with the components that
 * wrote them at first. Charts and controls, which people use and which the code
 * holds on to, are moved into the new sections.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { type JSX, render } from "preact";
import type { Results } from "../../results/schema.ts";
import { AnswerSection } from "../sections/answer.tsx";
import { BelieveSection } from "../sections/believe.tsx";
import { CeilingsSection } from "../sections/ceilings.tsx";
import { Measurements } from "../sections/measurements.tsx";
import { RightSection } from "../sections/right.tsx";
import { WinnersSection } from "../sections/winners.tsx";
import { makeSortable } from "./sort.ts";

const kept = "[data-chart], [data-controls], .copy";

/** What stays, by the selector of its section. */
const live = new Map<string, readonly HTMLElement[]>();

/** A section has several charts, but no two other things of a class. */
function keyOf(element: HTMLElement): string {
  return element.dataset["chart"] ?? element.className;
}

function swap(selector: string, section: JSX.Element | null): void {
  const old = document.querySelector<HTMLElement>(selector);
  if (!old || section === null) return;
  const held = live.get(selector) ?? [...old.querySelectorAll<HTMLElement>(kept)];
  live.set(selector, held);
  const frame = document.createElement("div");
  render(section, frame);
  const made = frame.firstElementChild;
  if (!made) return;
  const places = new Map(
    [...made.querySelectorAll<HTMLElement>(kept)].map((one) => [keyOf(one), one]),
  );
  const open = [...old.querySelectorAll("details:not(.row)")].map((one) =>
    one.hasAttribute("open")
  );
  for (const [i, one] of [...made.querySelectorAll("details:not(.row)")].entries()) {
    one.toggleAttribute("open", open[i] ?? false);
  }
  for (const one of held) places.get(keyOf(one))?.replaceWith(one);
  makeSortable(made);
  old.replaceWith(made);
}

const section = (id: string) => `section[aria-labelledby=${id}]`;

/** Shows these results in place of those that the page showed; the focus stays where it was. */
export function renew(results: Results): void {
  const focused = document.activeElement;
  swap(".page > header", <AnswerSection results={results} />);
  swap(section("winners"), <WinnersSection results={results} />);
  swap(section("ceilings"), <CeilingsSection results={results} script />);
  swap(section("right"), <RightSection results={results} script />);
  swap(section("believe"), <BelieveSection results={results} note={null} />);
  swap(section("measurements"), <Measurements results={results} script />);
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
}
