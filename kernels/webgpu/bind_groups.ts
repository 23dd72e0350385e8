/**
 * What dispatches are bound to: their parameters, which are in one uniform buffer
 * at dynamic offsets, and their buffers, in bind groups that are kept for the
 * next dispatch with the same ones.
 *
 * @module
 */
import type { Block } from "./buffers.ts";
import { parameterBytes, type Pipeline, uniformBytes } from "./pipelines.ts";
import { type DispatchParameters, parameterNames } from "./wgsl.ts";

/** Bytes of a buffer, as a dispatch uses them. */
export interface Bound {
  readonly block: Block;
  readonly bytes: number;
  /** Where they begin, a multiple of 256 bytes; default 0. */
  readonly offset?: number;
}

/** What it held is to be overwritten, in one dispatch or several, and matters no longer. */
export function overwrite({ block }: Bound): void {
  block.validity = block.origin;
}

const mostBindGroups = 4096;
// The largest alignment that a device may ask for.
const stride = 256;

/** The parameters and bind groups of one device. */
export class BindGroups {
  readonly #uniforms: GPUBuffer;
  readonly #parameters: Uint32Array<ArrayBuffer>;
  readonly #numbers: Float32Array<ArrayBuffer>;
  readonly #groups = new Map<string, GPUBindGroup>();

  /** @param slots How many slots for parameters there are between two calls of {@linkcode send}. */
  constructor(readonly device: GPUDevice, slots: number) {
    this.#parameters = new Uint32Array(slots * stride / 4);
    this.#numbers = new Float32Array(this.#parameters.buffer);
    this.#uniforms = device.createBuffer({
      size: this.#parameters.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /** How many slots the parameters of a dispatch take that has so many numbers besides. */
  static slotsOf(numbers: number): number {
    return Math.ceil(uniformBytes(numbers) / stride);
  }

  /** Sets the parameters of a dispatch from the i-th slot on and returns their offset in bytes. */
  setParameters(i: number, parameters: DispatchParameters, numbers: readonly number[]): number {
    const offset = i * stride;
    this.#numbers.set(numbers, (offset + parameterBytes) / 4);
    for (const [j, name] of parameterNames.entries()) {
      this.#parameters[offset / 4 + j] = parameters[name] ?? 0;
    }
    return offset;
  }

  /** Sends so many slots to the device. */
  send(slots: number): void {
    const words = slots * stride / 4;
    if (words > 0) {
      this.device.queue.writeBuffer(this.#uniforms, 0, this.#parameters, 0, words);
    }
  }

  /** The bind group of a program with these buffers. */
  get({ layout, bytes: parameters }: Pipeline, bounds: readonly Bound[]): GPUBindGroup {
    const key = `${layout.label}|` +
      bounds.map(({ block, bytes, offset = 0 }) => `${block.id}:${offset}:${bytes}`).join();
    const known = this.#groups.get(key);
    if (known) return known;
    if (this.#groups.size >= mostBindGroups) this.clear();
    const group = this.device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.#uniforms, size: parameters } },
        ...bounds.map(({ block, bytes, offset = 0 }, i) => ({
          binding: i + 1,
          resource: {
            buffer: block.buffer,
            offset,
            size: Math.max(16, Math.ceil(bytes / 16) * 16),
          },
        })),
      ],
    });
    this.#groups.set(key, group);
    return group;
  }

  /** Forgets all bind groups, which would keep destroyed buffers. */
  clear(): void {
    this.#groups.clear();
  }
}
