/**
 * The peers by name: other people's libraries that can be measured beside ours.
 * Each is a file of its own and a line here, and is loaded only when asked for.
 *
 * @module
 */
import type { Contender } from "../contender.ts";

const peers = {
  "ml-matrix": () => import("./ml_matrix.ts"),
  "tfjs-wasm": () => import("./tfjs_wasm.ts"),
  "tfjs-cpu": () => import("./tfjs_cpu.ts"),
  "onnxruntime-web": () => import("./onnxruntime_web.ts"),
  "jax-js": () => import("./jax.ts"),
  "jax-webgpu": () => import("./jax_webgpu.ts"),
  "tfjs-webgpu": () => import("./tfjs_webgpu.ts"),
  "openblas": () => import("./openblas.ts"),
  "openblas-mt": () => import("./openblas_mt.ts"),
} as const satisfies Record<string, () => Promise<{ createPeer(): Promise<Contender> }>>;

/** The name of a peer. */
export type PeerName = keyof typeof peers;

/** The names of all peers. */
export const peerNames = Object.keys(peers) as PeerName[];

/** Loads a peer and makes it ready; rejects with the reason where that fails. */
export async function createPeer(name: PeerName): Promise<Contender> {
  const { createPeer } = await peers[name]();
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
