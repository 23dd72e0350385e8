/**
 * jax-js on a GPU, by WGSL that it generates.
 *
 * @module
 */
import type { Contestant } from "../contender.ts";
import { createJax } from "./jax.ts";

/** jax-webgpu as a contestant. */
export function createPeer(): Promise<Contestant> {
  return createJax("webgpu", { name: "jax-webgpu", device: "WebGPU", threads: 1 });
}
