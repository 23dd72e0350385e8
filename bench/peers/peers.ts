/**
 * Other people's libraries that can be measured beside ours, by name. Each is a
 * file of its own and a line here, and is fetched only when asked for.
 *
 * @module
 */
import type { Contestant } from "../contestant.ts";

const peers = {
  "ml-matrix": () => import("./ml_matrix.ts"),
} as const satisfies Record<string, () => Promise<{ createPeer(): Promise<Contestant> }>>;

/** The name of a peer. */
export type PeerName = keyof typeof peers;

/** The names of all peers. */
export const peerNames = Object.keys(peers) as PeerName[];

/** Fetches a peer and makes it ready; rejects with the reason where that fails. */
export async function createPeer(name: PeerName): Promise<Contestant> {
  const { createPeer } = await peers[name]();
  return await createPeer();
}
