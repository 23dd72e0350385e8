/**
 * For tests of what a machine may lack, a GPU, a browser, a library of the
 * system. Where it is missing they are skipped, with the reason in their title,
 * which every reporter shows; DENSEMARK_REQUIRE_ALL=1 says that skipping is
 * failing.
 *
 * @module
 */

/** Whether nothing may be missing. */
export const requireAll = Deno.env.get("DENSEMARK_REQUIRE_ALL") === "1";

type Run<Context> = (context: Context) => void | Promise<void>;

/** A test or a step as Deno takes it, skipped where something is missing. */
function definitionOf<Context>(missing: string | null, name: string, fn: Run<Context>) {
  if (missing === null) return { name, ignore: false, fn };
  if (!requireAll) {
    return { name: `${name} (skipped: ${missing})`, ignore: true, fn };
  }
  const fail = () => {
    throw new Error(`${missing}; with DENSEMARK_REQUIRE_ALL=1 nothing may be missing`);
  };
  return { name, ignore: false, fn: fail };
}

/**
 * Registers a test.
 *
 * @param missing Why this machine cannot run it, in a line; null where it can.
 * @param sanitizers What Deno need not look for, see `Deno.TestDefinition`.
 */
export function testWhere(
  missing: string | null,
  name: string,
  fn: Run<Deno.TestContext>,
  sanitizers: Pick<Deno.TestDefinition, "sanitizeOps" | "sanitizeResources"> = {},
): void {
  Deno.test({ ...definitionOf(missing, name, fn), ...sanitizers });
}

/** Runs a step of a test; for what is missing once the test runs. */
export async function stepWhere(
  test: Deno.TestContext,
  missing: string | null,
  name: string,
  fn: Run<Deno.TestContext>,
): Promise<void> {
  await test.step(definitionOf(missing, name, fn));
}
