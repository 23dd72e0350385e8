/**
 * The colours of the charts are those of the page, read from its style sheet,
 * so that they follow the light, dark and printed themes.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="esnext" />

/** The page's colours at this moment. */
export interface Colors {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly line: string;
  /** The colour of a series by its number in the palette. */
  readonly series: (color: number) => string;
}

/** Reads the colours that now apply. */
export function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: color("ground"),
    ink: color("ink"),
    faint: color("faint"),
    line: color("line"),
    series: (number) => color(`s${number}`),
  };
}

/** Whether the page is being printed. */
export function onPaper(): boolean {
  return document.documentElement.dataset["theme"] === "light";
}

/** Calls `change` whenever other colours apply: the scheme changes, or the page is about to be printed or was. */
export function onThemeChange(change: () => void): void {
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", change);
  }
  // Paper is white whatever the screen is.
  addEventListener("beforeprint", () => {
    document.documentElement.dataset["theme"] = "light";
    change();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset["theme"];
    change();
  });
}
