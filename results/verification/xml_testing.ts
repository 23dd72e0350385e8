/**
 * For tests: reads the part of XML 1.0 that a JUnit file uses, and refuses all
 * else, as a strict parser would: elements, attributes in double quotes, text,
 * the predefined entities and decimal references.
 *
 * @module
 */

/** An element; `text` is what stands in it directly. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function decoded(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const value = name.startsWith("#")
      ? String.fromCodePoint(Number(name.slice(1)))
      : entities[name];
    if (value === undefined || !whole.endsWith(";")) throw new Error(`bad reference ${whole}`);
    return value;
  });
}

/** The root element of `xml`; throws where it is not well-formed. */
export function parseXml(xml: string): Element {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(head)) throw new Error("no XML declaration");
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open: Element[] = [root];
  const token = /<(\/?)([A-Za-z][\w-]*)((?: [A-Za-z]+="[^"<]*")*)(\/?)>|([^<]+)/y;
  token.lastIndex = head.length;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not well-formed: ${xml.slice(at, at + 80)}`);
    const [, closing, name = "", attributes = "", empty, text] = match;
    const top = open.at(-1);
    if (top === undefined) throw new Error("more is closed than was opened");
    if (text !== undefined) {
      if (text.includes("]]>")) throw new Error("]]> in text");
      top.text += decoded(text);
    } else if (closing === "/") {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`);
      open.pop();
    } else {
      const found: Record<string, string> = {};
      for (const [, key = "", value = ""] of attributes.matchAll(/ ([A-Za-z]+)="([^"]*)"/g)) {
        if (key in found) throw new Error(`two attributes ${key}`);
        found[key] = decoded(value);
      }
      const element: Element = { name, attributes: found, children: [], text: "" };
      top.children.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  const [only, ...more] = root.children;
  if (open.length !== 1 || only === undefined || more.length > 0 || root.text.trim() !== "") {
    throw new Error("not one whole element");
  }
  return only;
}
