/**
 * The frame of every page: a head with a content security policy that allows
 * this page's own style and script and nothing else, and the body.
 *
 * @module
 */
import type { JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import { contentSecurityPolicy, embeddedJson } from "./csp.ts";
import { packedText } from "./pack.ts";

/** Runs the script that the element "client" holds: an inline script of a text that the policy names by its hash. */
const bootstrap = `(async () => {
  const { deflated } = JSON.parse(document.getElementById("client").textContent);
  const text = Uint8Array.fromBase64 ? "" : atob(deflated);
  const bytes = Uint8Array.fromBase64?.(deflated) ?? new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.body.append(script);
})()`;

/**
 * The text of an HTML file. `data` and `program` are texts for elements of type
 * application/json, `script` runs after them; it is deflated, which halves it. Where
 * there is a program, the script may start workers of it.
 */
export async function htmlDocument({ title, style, body, data, program, script }: {
  title: string;
  style: string;
  body: JSX.Element;
  data?: string;
  program?: string;
  script?: string;
}): Promise<string> {
  const policy = await contentSecurityPolicy(
    [style],
    script === undefined ? [] : [bootstrap, script],
    { workers: program !== undefined },
  );
  const client = script === undefined ? undefined : embeddedJson(packedText(script));
  const json = (id: string, text: string | undefined) =>
    text === undefined ? [] : [`<script type="application/json" id="${id}">${text}</script>`];
  const head = renderToString(
    <>
      <meta http-equiv="Content-Security-Policy" content={policy} />
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="data:," />
      <title>{title}</title>
    </>,
  );
  // Style and scripts go in as they are, byte by byte, since the policy names them by hash.
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head>${head}<style>${style}</style></head>`,
    `<body>${renderToString(body)}`,
    ...json("data", data),
    ...json("program", program),
    ...json("client", client),
    ...(client === undefined ? [] : [`<script>${bootstrap}</script>`]),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
