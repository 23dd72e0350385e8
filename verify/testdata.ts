/**
 * What the test of webgpu in a browser runs there: the tests of the kernel and
 * every check of the verifier. Bundled into a page, it hands out titles and
 * runs one title at a time.
 *
 * @module
 */
import { deviceTests } from "../kernels/webgpu/device_test.ts";
import { createWebGpuKernel } from "../kernels/webgpu/webgpu.ts";
import { checks, verifyKernel } from "./verify.ts";

// One for all checks: its programs are compiled once.
const verified = createWebGpuKernel();

const tests: Record<string, () => Promise<void>> = {
  ...deviceTests,
  ...Object.fromEntries(checks.map((check) => [
    `verifyKernel() passes webgpu in ${check.name}`,
    async () => {
      const kernel = await verified;
      const { checks: [found] } = await verifyKernel(kernel, { seed: 2, checks: [check] });
      const [failure] = found?.failures ?? [{ id: check.name, problem: "nothing ran" }];
      if (failure) throw new Error(`${failure.id}: ${failure.problem}`);
    },
  ])),
};

/** What the page offers: the titles, the adapter's name or why there is none, and a run of one title: what failed, or null. */
export const page = {
  titles: Object.keys(tests),
  async device(): Promise<string> {
    return await verified.then(
      ({ traits }) => traits.device,
      (error: Error) => `none: ${error.message}`,
    );
  },
  async run(title: string): Promise<string | null> {
    try {
      await tests[title]!();
      return null;
    } catch (error) {
      return error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    }
  },
};

Object.assign(globalThis, { page });
