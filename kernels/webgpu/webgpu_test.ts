import { deviceTests } from "./device_testing.ts";
import { openDevice } from "./device.ts";

/** Why there is no device here; null where there is one, or must be one. */
async function whyNoDevice(): Promise<string | null> {
  if (Deno.env.get("DENSEMARK_REQUIRE_ALL") === "1") return null;
  try {
    const { device } = await openDevice();
    device.destroy();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const skipped = await whyNoDevice();
for (const [title, run] of Object.entries(deviceTests)) {
  Deno.test({
    name: `webgpu: ${title}${skipped === null ? "" : ` (SKIP: ${skipped})`}`,
    ignore: skipped !== null,
    fn: run,
  });
}
