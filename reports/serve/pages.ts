/**
 * Answers requests for the pages of a folder, with the headers that make them
 * cross-origin isolated (COOP and COEP), without which browsers share no memory
 * between threads. Only pages and JSON files that lie in the folder are given out.
 *
 * @module
 */
import { join, relative, sep } from "node:path";
import { indexOf } from "../index/write.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
};

/** What every answer says of itself. */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

function answer(
  status: number,
  body: string | Uint8Array<ArrayBuffer>,
  type = "text/plain",
): Response {
  return new Response(body, { status, headers: { ...headers, "content-type": type } });
}

/** Answers a request from a folder, whose path is without links. */
export async function respond(request: Request, folder: string): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "only GET\n");
  // A site could have a name of its own lead to this machine, to read its pages (DNS rebinding).
  if (!["localhost", "127.0.0.1"].includes(new URL(request.url).hostname)) {
    return answer(403, "only localhost\n");
  }
  let path: string;
  try {
    path = decodeURIComponent(new URL(request.url).pathname);
  } catch {
    return answer(400, "no such address\n");
  }
  if (path === "/") return answer(200, await indexOf(folder), types["html"]);
  const missing = answer(404, "not found\n");
  const type = types[/\.([a-z]+)$/.exec(path)?.[1] ?? ""];
  if (type === undefined || path.includes("\0")) return missing;
  try {
    // Links may lead out of the folder, as .. does.
    const real = await Deno.realPath(join(folder, path));
    const inside = relative(folder, real);
    if (inside === ".." || inside.startsWith(`..${sep}`) || join(folder, inside) !== real) {
      return missing;
    }
    return answer(200, await Deno.readFile(real), type);
  } catch {
    return missing;
  }
}
