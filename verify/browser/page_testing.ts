/**
 * What the tests of webgpu in a browser run there: the tests of the kernel and
 * every check of the verifier. Bundled into a page, it hands out titles and
 * runs one title at a time.
 *
 * @module
 */
import { deviceTests } from "../../kernels/webgpu/device_testing.ts";
import { createWebGpuKernel } from "../../kernels/webgpu/webgpu.ts";
import { checks, verifyKernel } from "../verify.ts";

// One for all checks: its programs are compiled once.
const verified = createWebGpuKernel();

const tests = {
  device: deviceTests,
  checks: Object.fromEntries(checks.map((check) => [
    `verifyKernel() passes webgpu in ${check.name}`,
    async () => {
      const kernel = await verified;
      const { checks: [found] } = await verifyKernel(kernel, { seed: 2, checks: [check] });
      const [failure] = found?.failures ?? [{ id: check.name, problem: "nothing ran" }];
      if (failure) throw new Error(`${failure.id}: ${failure.problem}`);
    },
  ])),
} satisfies Record<string, Readonly<Record<string, () => Promise<void>>>>;

/** The parts that a page can run. */
export type PageTests = typeof tests;

/** What the page offers: the titles of each part, the adapter's name or why there is none, and a run of one title: what failed, or null. */
export const page = {
  titles: { device: Object.keys(tests.device), checks: Object.keys(tests.checks) },
  async device(): Promise<string> {
    return await verified.then(
      ({ traits }) => traits.device,
      (error: Error) => `none: ${error.message}`,
    );
  },
  async run(part: keyof PageTests, title: string): Promise<string | null> {
    try {
      await tests[part][title]!();
      return null;
    } catch (error) {
      return error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    }
  },
};

Object.assign(globalThis, { page });
