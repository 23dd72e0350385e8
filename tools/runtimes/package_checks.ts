/**
 * Whether the package is as its users' tools want it: the types of a strict
 * project, with and without those of WebGPU, what publint and "are the types
 * wrong" say, and what `require` gives.
 *
 * @module
 */
import { join } from "node:path";
import { errorLine } from "../../common/errors.ts";
import { execute } from "./execute.ts";
import type { Project } from "./project.ts";

/** A program that uses most of the interface, in a folder of its own. */
const consumer = `
import { createKernel, Dense, type Kernel, matmul, type Tensor } from "@densemark/densemark";
import { kernelOfProduct, verifyKernel } from "@densemark/densemark/verify";
import "@densemark/densemark/worker";

export async function run(): Promise<Float32Array> {
  await using kernel: Kernel = await createKernel("wasm-threads", { threads: 2 });
  using a: Tensor = kernel.tensor([1, 2], new Float32Array([1, 2]));
  using layer = new Dense(kernel, { units: 2, activation: "relu" });
  using y = layer.forward(a);
  using product = matmul(kernel, y, kernel.tensor([2, 1]));
  const mine = kernelOfProduct("mine", () => new Float32Array(1));
  const { passed } = await verifyKernel(mine, { effort: "smoke" });
  return passed ? await product.read() : new Float32Array();
}
`;

/** What createWorker takes where the types of a page are there. */
const pageConsumer = `
import { createKernel } from "@densemark/densemark";
export const kernel = await createKernel("wasm-threads", {
  createWorker: () => new Worker("worker.js", { type: "module" }),
});
`;

/** A product that is right, and one that leaves out its first term. */
const verifying = `
import { kernelOfProduct, verifyKernel } from "@densemark/densemark/verify";
const passed = [];
for (const first of [0, 1]) {
  const kernel = kernelOfProduct("mine", ({ m, n, k }, a, b) =>
    Float32Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let p = first; p < k; p++) sum += a[Math.floor(at / n) * k + p] * b[p * n + at % n];
      return sum;
    }), { accumulator: "float64" });
  passed.push((await verifyKernel(kernel, { effort: "smoke" })).passed);
}
console.log(...passed);
`;

const versions = { typescript: "5.9.3", newest: "7.0.2", publint: "0.3.25", attw: "0.18.5" };

/** Type-checks a program that imports the package in a folder beside it. */
async function compile(
  { folder }: Project,
  version: string,
  { lib, files = { "main.ts": consumer }, webgpu = false, module = "nodenext" }: {
    readonly lib: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
    readonly webgpu?: boolean;
    readonly module?: string;
  },
): Promise<void> {
  const where = await Deno.makeTempDir({ dir: folder });
  const types = webgpu ? ["@webgpu/types"] : [];
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    target: "es2022",
    module,
    moduleResolution: module === "nodenext" ? "nodenext" : "bundler",
    lib,
    types,
  };
  await Deno.writeTextFile(
    join(where, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  );
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(where, name), text);
  }
  if (webgpu) {
    await Deno.writeTextFile(join(where, "package.json"), `{ "type": "module" }`);
    await execute("npm", ["install", "--silent", "--no-audit", "@webgpu/types@0.1.74"], {
      cwd: where,
    });
  }
  const args = ["--yes", `--package=typescript@${version}`, "--", "tsc", "--project", "."];
  const { stdout } = await execute("npx", args, { cwd: where });
  if (stdout.trim() !== "") throw new Error(stdout.trim());
}

/** What `require` gives in CommonJS. */
async function requirePackage({ folder }: Project): Promise<void> {
  const file = join(folder, "require.cjs");
  await Deno.writeTextFile(
    file,
    `const { createKernel } = require("@densemark/densemark"); console.log(typeof createKernel);`,
  );
  const args = ["--yes", "--package=node@22", "--", "node", file];
  const { stdout } = await execute("npx", args, { cwd: folder });
  if (stdout.trim() !== "function") throw new Error(`createKernel is ${stdout.trim()}`);
}

/** Whether the verifier runs in the installed Node, and tells a right product from a wrong one. */
async function verifyInNode({ folder }: Project): Promise<void> {
  const file = join(folder, "verify.js");
  await Deno.writeTextFile(file, verifying);
  const { stdout } = await execute("node", [file], { cwd: folder });
  if (stdout.trim() !== "true false") throw new Error(`it says ${stdout.trim()}`);
}

/** The checks, by what each says; one that throws has failed. */
export const packageChecks: Readonly<Record<string, (project: Project) => Promise<void>>> = {
  "tsc --strict, without @webgpu/types, without the types of a page": (project) =>
    compile(project, versions.typescript, { lib: ["es2022"] }),
  "tsc --strict, without @webgpu/types, with the types of a page": (project) =>
    compile(project, versions.typescript, {
      lib: ["es2022", "dom"],
      module: "esnext",
      files: { "main.ts": consumer, "page.ts": pageConsumer },
    }),
  "tsc --strict, with @webgpu/types": (project) =>
    compile(project, versions.typescript, { lib: ["es2022", "dom"], webgpu: true }),
  "the newest tsc --strict": (project) =>
    compile(project, versions.newest, { lib: ["es2022", "dom"] }),
  "publint --strict": async ({ folder }) => {
    const args = ["--yes", `publint@${versions.publint}`, "--strict", "./dist"];
    await execute("npx", args, { cwd: folder });
  },
  "attw, of ES modules": async ({ folder }) => {
    const cli = `@arethetypeswrong/cli@${versions.attw}`;
    await execute("npx", ["--yes", cli, "--profile", "esm-only", "--pack", "./dist"], {
      cwd: folder,
    });
  },
  "require() in Node 22": requirePackage,
  "verifyKernel() in the installed Node": verifyInNode,
};

/** Runs each check; what was wrong, or null. */
export async function checkPackage(
  project: Project,
  report: (name: string, problem: string | null) => void,
): Promise<void> {
  for (const [name, check] of Object.entries(packageChecks)) {
    report(name, await check(project).then(() => null, errorLine));
  }
}
