/**
 * What tests of commands share.
 *
 * @module
 */

/** What an action writes to standard output. */
export async function printedBy(action: () => Promise<unknown>): Promise<string> {
  let text = "";
  const { stdout } = Deno;
  const { writeSync } = stdout;
  stdout.writeSync = (bytes) => {
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  try {
    await action();
  } finally {
    stdout.writeSync = writeSync;
  }
  return text;
}
