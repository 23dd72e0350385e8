/**
 * The frame of every page: a head with a content security policy that allows
 * this page's own style and script and nothing else, and the body.
 *
 * @module
 */
import type { JSX } from "preact";
import { renderToString } from "preact-render-to-string";
import { contentSecurityPolicy } from "./csp.ts";

/**
 * The text of an HTML file. `data` and `program` are texts for elements of type
 * application/json, `script` runs after them. Where there is a program, the script
 * may start workers of it.
 */
export async function htmlDocument({ title, style, body, data, program, script }: {
  title: string;
  style: string;
  body: JSX.Element;
  data?: string;
  program?: string;
  script?: string;
}): Promise<string> {
  const policy = await contentSecurityPolicy([style], script === undefined ? [] : [script], {
    workers: program !== undefined,
  });
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
    ...(script === undefined ? [] : [`<script>${script}</script>`]),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
