/**
 * The copies of the repository that a calibration runs: the code as it is, its
 * kernels alone as the older version to compare with, and the code with extra
 * work. They are copies so that the working tree may change meanwhile, and so
 * that "older" and "newer" are two modules even where their text is the same.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../../common/command.ts";
import { sha256 } from "../../common/sha256.ts";
import { extraWorkPath, patchDense, patchedPath } from "./patch.ts";

/** Where the copies are. */
export interface Copies {
  /** The whole code as it is. */
  readonly current: string;
  /** The whole code with extra work. */
  readonly changed: string;
  /** The URL of the kernels to compare with. */
  readonly older: string;
}

/** A file of the repository. */
interface Source {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const root = new URL("../..", import.meta.url);
const extraWork = new URL("extra_work.ts", import.meta.url);

// What neither the bench nor the verifier reads, the calibration itself included.
const leftOut =
  /^(?:\..*|.*\.md|LICENSE|node_modules|dist|runs|coverage|docs|examples|tools|traces|fixtures|calibrate|calibration)$/;
const isTest = /_(?:test|testing)\.tsx?$/;
// Kernels import nothing beyond these folders.
const ofKernels = /^(?:kernels|common)\//;

function* pathsIn(folder: string, inside = ""): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(join(folder, inside))) {
    if (leftOut.test(name) || isTest.test(name)) continue;
    const path = inside === "" ? name : `${inside}/${name}`;
    if (isDirectory) yield* pathsIn(folder, path);
    else if (isFile) yield path;
  }
}

/**
 * The product's files.
 *
 * @throws {UsageError} where this code was imported by URL.
 */
export function readSources(): Source[] {
  if (root.protocol !== "file:") {
    throw new UsageError("calibrate needs a copy of the repository on this machine");
  }
  const folder = fileURLToPath(root);
  return [...pathsIn(folder)].toSorted().map((path) => ({
    path,
    bytes: Deno.readFileSync(join(folder, path)),
  }));
}

/** The hash of the product's files. */
export async function hashOf(sources: readonly Source[]): Promise<string> {
  const each = sources.map(async ({ path, bytes }) => [path, await sha256(bytes)]);
  return await sha256(JSON.stringify(await Promise.all(each)));
}

async function write(folder: string, sources: readonly Source[]): Promise<void> {
  for (const { path, bytes } of sources) {
    const target = join(folder, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
}

/** The sources with extra work in the forward pass. */
export function withExtraWork(sources: readonly Source[]): Source[] {
  const encode = (text: string) => new TextEncoder().encode(text);
  const changed = sources.map(({ path, bytes }) =>
    path === patchedPath
      ? { path, bytes: encode(patchDense(new TextDecoder().decode(bytes))) }
      : { path, bytes }
  );
  return [...changed, { path: extraWorkPath, bytes: Deno.readFileSync(extraWork) }];
}

/** Where the copies in a folder are. */
export function copiesIn(folder: string): Copies {
  return {
    current: join(folder, "current"),
    changed: join(folder, "changed"),
    older: pathToFileURL(join(folder, "older")).href + "/",
  };
}

/**
 * Makes the copies in a new folder.
 *
 * @throws {PatchError} where the kernels are not as the patch needs them; then nothing is written.
 */
export async function makeCopies(folder: string, sources: readonly Source[]): Promise<Copies> {
  const changed = withExtraWork(sources);
  const copies = copiesIn(folder);
  await write(copies.current, sources);
  await write(copies.changed, changed);
  await write(join(folder, "older"), sources.filter(({ path }) => ofKernels.test(path)));
  return copies;
}
