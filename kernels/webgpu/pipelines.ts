/**
 * The compiled programs of one device, each by a key of all that it was generated
 * from. That a program does not compile is known by its validity: WebGPU would go
 * on, and leave results at zero.
 *
 * @module
 */
import { DeviceError } from "../../common/errors.ts";
import { popErrorScopes, pushErrorScopes, Validity } from "./validity.ts";

/** A program that can be dispatched. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Bytes of its parameters. */
  readonly bytes: number;
  readonly validity: Validity;
}

/** How many buffers a program has besides its parameters: first those that it reads, then those that it writes. */
export interface BufferCounts {
  readonly reads: number;
  readonly writes: number;
  /** How many float32 numbers follow its parameters; default 0. */
  readonly numbers?: number;
}

/** Bytes of the parameters of a dispatch. */
export const parameterBytes = 48;

/** Bytes of the parameters of a dispatch with so many numbers besides. */
export function uniformBytes(numbers: number): number {
  return parameterBytes + 16 * Math.ceil(numbers / 4);
}

/** So many programs of formulas are kept, the last used ones: there is no end to formulas. */
const mostFormulas = 512;

/** The programs of one device. */
export class Pipelines {
  /** Those of formulas, the one that was used last at the end. */
  readonly #formulas = new Map<string, Pipeline>();
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(
    readonly device: GPUDevice,
    /** Changes every program before it is compiled, for mutation tests. */
    readonly rewrite: (wgsl: string) => string = (wgsl) => wgsl,
  ) {}

  /** The keys of the programs that are compiled. */
  keys(): Iterable<string> {
    return [...this.#pipelines.keys(), ...this.#formulas.keys()];
  }

  /** The program of a formula: as `get`, but of many such programs those that were not used for long are forgotten. */
  ofFormula(key: string, counts: BufferCounts, label: string, generate: () => string): Pipeline {
    const known = this.#formulas.get(key);
    const pipeline = known ?? this.#compile(key, counts, label, generate);
    if (known) this.#formulas.delete(key);
    this.#formulas.set(key, pipeline);
    if (this.#formulas.size > mostFormulas) {
      const [oldest] = this.#formulas.keys();
      this.#formulas.delete(oldest!);
    }
    return pipeline;
  }

  /**
   * The program of a key, which is generated and compiled at the first call.
   *
   * @param label What it is compiled for, as an error says it.
   */
  get(
    key: string,
    counts: BufferCounts,
    label: string,
    generate: () => string,
  ): Pipeline {
    const known = this.#pipelines.get(key);
    if (known) return known;
    const made = this.#compile(key, counts, label, generate);
    this.#pipelines.set(key, made);
    return made;
  }

  #compile(
    key: string,
    { reads, writes, numbers = 0 }: BufferCounts,
    label: string,
    generate: () => string,
  ): Pipeline {
    const { device } = this;
    const bytes = uniformBytes(numbers);
    const layout = this.#layout(reads, writes, bytes);
    pushErrorScopes(device, ["internal", "validation"]);
    const module = device.createShaderModule({ label: key, code: this.rewrite(generate()) });
    const pipeline = device.createComputePipeline({
      label: key,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    const outcome = popErrorScopes(
      device,
      2,
      (message) => new DeviceError(`webgpu: ${label}: its program is refused: ${message}`),
    );
    return { pipeline, layout, bytes, validity: new Validity(outcome) };
  }

  #layout(reads: number, writes: number, bytes: number): GPUBindGroupLayout {
    const key = `${reads},${writes},${bytes}`;
    const known = this.#layouts.get(key);
    if (known) return known;
    const entries: GPUBindGroupLayoutEntry[] = [{
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: bytes },
    }];
    for (let i = 0; i < reads + writes; i++) {
      entries.push({
        binding: i + 1,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: i < reads ? "read-only-storage" : "storage" },
      });
    }
    const layout = this.device.createBindGroupLayout({ label: key, entries });
    this.#layouts.set(key, layout);
    return layout;
  }
}
