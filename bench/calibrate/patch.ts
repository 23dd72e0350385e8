/**
 * Changes the text of kernels/checked_kernel.ts so that the forward pass does
 * extra work; see extra_work.ts. It holds on to the method's name, to what it
 * calls its arguments, and to the one call that computes. Where one of these is
 * no longer there it fails, rather than leave the code as it was and have a
 * calibration call identical code slower.
 *
 * @module
 */
import { DensemarkError } from "../../common/errors.ts";

/** The file is not as the patch needs it. */
export class PatchError extends DensemarkError {
  override name = "PatchError";
}

/** The file that is changed, and what it then imports beside it. */
export const patchedPath = "kernels/checked_kernel.ts";
export const extraWorkPath = "kernels/extra_work.ts";
export const effectPath = "kernels/effect.json";

function fail(what: string): never {
  throw new PatchError(
    `cannot change a copy of ${patchedPath}: ${what}. It is bench/calibrate/patch.ts that must follow the kernels`,
  );
}

/** Where the bracket that opens at `open` closes. */
function closeOf(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return fail("a bracket does not close");
}

/**
 * The source of a copy whose forward pass does extra work.
 *
 * @throws {PatchError} where the source is not as expected.
 */
export function patchDense(source: string): string {
  const methods = [...source.matchAll(/^ {2}dense\(\n?[\s\S]*?^ {2}\}$/gm)];
  const [method] = methods;
  if (method === undefined || methods.length > 1) {
    fail(`it has ${methods.length} methods dense(), not one`);
  }
  const [text] = method;
  const call = "this.computeDense(";
  const at = text.indexOf(call);
  if (at === -1 || text.indexOf(call, at + 1) !== -1) fail(`dense() has not one ${call}…)`);
  const head = text.slice(0, closeOf(text, text.indexOf("(")));
  for (const name of ["x", "weight"]) {
    if (!new RegExp(`\\b${name}: Tensor\\b`).test(head)) fail(`dense() takes no ${name}: Tensor`);
  }
  const end = closeOf(text, at + call.length - 1) + 1;
  if (text[end] !== ";") fail(`${call}…) is no statement of its own`);
  const patched = [
    text.slice(0, at),
    "const extra = x.shape[0] === changedRows ? extraWorkOf(this, x, weight) : null;\n",
    "    const begun = extra === null ? 0 : performance.now();\n    ",
    text.slice(at, end),
    ";\n    if (extra !== null) extra.after(begun);",
    text.slice(end + 1),
  ].join("");
  const start = method.index;
  return source.slice(0, start) + patched + source.slice(start + text.length) +
    '\nimport { changedRows, extraWorkOf } from "./extra_work.ts";\n';
}
