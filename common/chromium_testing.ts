/**
 * For tests: whether this machine has a Chromium, and that Chromium. Where there is
 * none, a test is skipped, or fails where nothing may be missing.
 *
 * @module
 */
import { findChromium } from "./chromium.ts";

export { startChromium } from "./chromium.ts";

/** Why tests that need a browser cannot run, see requirements_testing.ts; null where they can. */
export function whyNoChromium(): string | null {
  if (findChromium() !== null) return null;
  return "no Chromium in the usual places; install one, or name it in CHROMIUM";
}
