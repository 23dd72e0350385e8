/**
 * jax-js on a GPU, by WGSL that it generates.
 *
 * @module
 */
import type { Contender } from "../contender.ts";
import { createJax } from "./jax.ts";

/** jax-webgpu as a contender. */
export function createPeer(): Promise<Contender> {
  return createJax("webgpu", { name: "jax-webgpu", device: "WebGPU", threads: 1 });
}
