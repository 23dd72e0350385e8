/**
 * The peers by name: other people's libraries that can be measured beside ours.
 * Each is a file of its own and a line here. A peer's file is named by its URL
 * and not by an import, which Deno would follow before the program starts: its
 * packages are downloaded when the peer is asked for, and not before.
 *
 * @module
 */
import type { Contender } from "../contender.ts";
import { type Download, downloadPackages } from "./download.ts";

/** What each of these files exports. */
interface PeerModule {
  createPeer(): Promise<Contender>;
}

/** A peer's file, and the megabytes of its packages as npm sends them; 0 where it has none. */
interface Peer {
  readonly file: URL;
  readonly megabytes: number;
}

const peers = {
  "ml-matrix": { file: new URL("./ml_matrix.ts", import.meta.url), megabytes: 1 },
  "tfjs-wasm": { file: new URL("./tfjs_wasm.ts", import.meta.url), megabytes: 12 },
  "tfjs-cpu": { file: new URL("./tfjs_cpu.ts", import.meta.url), megabytes: 9 },
  "litert": { file: new URL("./litert.ts", import.meta.url), megabytes: 12 },
  "onnxruntime-web": { file: new URL("./onnxruntime_web.ts", import.meta.url), megabytes: 35 },
  "jax-js": { file: new URL("./jax.ts", import.meta.url), megabytes: 1 },
  "jax-webgpu": { file: new URL("./jax_webgpu.ts", import.meta.url), megabytes: 1 },
  "tfjs-webgpu": { file: new URL("./tfjs_webgpu.ts", import.meta.url), megabytes: 12 },
  "openblas": { file: new URL("./openblas.ts", import.meta.url), megabytes: 0 },
  "openblas-mt": { file: new URL("./openblas_mt.ts", import.meta.url), megabytes: 0 },
} as const satisfies Record<string, Peer>;

/** The name of a peer. */
export type PeerName = keyof typeof peers;

/** The names of all peers. */
export const peerNames = Object.keys(peers) as PeerName[];

/**
 * Loads a peer and makes it ready; rejects with the reason where that fails.
 *
 * @param onDownload Is told of packages that are downloaded for it.
 */
export async function createPeer(
  name: PeerName,
  onDownload?: (download: Download) => void,
): Promise<Contender> {
  const { file, megabytes } = peers[name];
  if (megabytes > 0) {
    await downloadPackages(file, (packages) => onDownload?.({ name, megabytes, packages }));
  }
  const { createPeer }: PeerModule = await import(file.href);
  return await createPeer();
}

/** The variables of the environment that a process with these peers is to have, so that each runs at its best; `onTry` hears what is tried. */
export async function environmentOf(
  names: readonly PeerName[],
  onTry: (label: string) => void = () => {},
): Promise<Readonly<Record<string, string>>> {
  const name = names.find((one) => one.startsWith("openblas"));
  if (name === undefined) return {};
  const { openBlasEnvironment } = await import("./openblas_core.ts");
  return await openBlasEnvironment((core) => onTry(`${name}: ${core}`));
}
