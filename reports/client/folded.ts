/**
 * What is folded away opens where a link leads into it, and on paper.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />

/** Opens everything that an element is folded into. */
function openAround(element: Element | null): void {
  for (let one = element; one; one = one.parentElement) {
    if (one instanceof HTMLDetailsElement) one.open = true;
  }
}

/** Opens what the address or a followed link names, and all of it for printing, after which it is as before. */
export function openTargets(): void {
  const open = () => {
    // No selector: an address can hold anything.
    const target = document.getElementById(location.hash.slice(1));
    openAround(target);
    target?.scrollIntoView();
  };
  addEventListener("hashchange", open);
  if (location.hash.length > 1 && !location.hash.includes("=")) open();
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("details:not(.row)")].filter((one) =>
      !one.open
    );
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
}
