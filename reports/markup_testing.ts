/**
 * For tests: what can be read from the text of a page, and what must hold for
 * every page whatever it shows.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";

/** The text of a part of a page: no markup, no doubled spaces. */
export function textOf(html: string): string {
  return html.replaceAll(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/g, "")
    .replaceAll(/<[^>]*>/g, " ").replaceAll("\u00a0", " ").replaceAll(/\s+/g, " ");
}

/** The table with an id; nothing where there is none. */
export function tableOf(html: string, id: string): string {
  return new RegExp(`<table id="${id}"[^>]*>[\\s\\S]*?</table>`).exec(html)?.[0] ?? "";
}

/** How often each element begins, except those whose number follows from the texts. */
export function elements(html: string): string[] {
  return [...html.matchAll(/<([a-z][a-z0-9]*)[\s>/]/g)].map(([, name]) => name ?? "").toSorted();
}

/**
 * Fails where a page needs anything but itself, or has not: one h1, headings in
 * order, unique ids that all references find, a caption for every table, a
 * scope for every header, a title and a description for every picture.
 */
export function assertSound(html: string): void {
  assertMatch(
    html,
    /^<!doctype html>\n<html lang="en">\n<head><meta http-equiv="Content-Security-P/,
  );
  assertEquals(/<(link|script|img|iframe)[^>]*(src|href)="(?!data:)/.test(html), false);
  assertEquals(/ style="| on[a-z]+="|javascript:/.test(html), false);
  assertEquals(/@import|url\(/.test(html), false);
  const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  assertEquals(levels.filter((level) => level === 1).length, 1);
  for (const [i, level] of levels.entries()) assert(level <= (levels[i - 1] ?? 0) + 1);
  const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id ?? "");
  assertEquals(new Set(ids).size, ids.length);
  const references = [
    ...html.matchAll(/ (?:aria-labelledby="|aria-describedby="|href="#)([^":]+)"/g),
  ].flatMap(([, names]) => names?.split(" ") ?? []);
  assert(references.length > 10);
  for (const name of references) assert(ids.includes(name), `nothing has the id ${name}`);
  assertEquals(html.match(/<table/g)?.length, html.match(/<caption/g)?.length);
  assertEquals(
    html.match(/<th[ >]/g)?.length,
    html.match(/<th [^>]*scope="(row|col|rowgroup|colgroup)"/g)?.length,
  );
  for (const [picture] of html.matchAll(/<svg[^>]*role="img"[^>]*>.{0,40}/gs)) {
    assertMatch(picture, / aria-labelledby="\S+ \S+"[^>]*>\s*<title/);
  }
}
