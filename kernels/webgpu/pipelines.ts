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
  readonly validity: Validity;
}

/** How many buffers a program has besides its parameters: first those that it reads, then those that it writes. */
export interface BufferCounts {
  readonly reads: number;
  readonly writes: number;
}

/** Bytes of the parameters of a dispatch. */
export const parameterBytes = 48;

/** The programs of one device. */
export class Pipelines {
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(
    readonly device: GPUDevice,
    /** Changes every program before it is compiled, for mutation tests. */
    readonly rewrite: (wgsl: string) => string = (wgsl) => wgsl,
  ) {}

  /** The keys of the programs that are compiled. */
  keys(): Iterable<string> {
    return this.#pipelines.keys();
  }

  /**
   * The program of a key, which is generated and compiled at the first call.
   *
   * @param label What it is compiled for, as an error says it.
   */
  get(
    key: string,
    { reads, writes }: BufferCounts,
    label: string,
    generate: () => string,
  ): Pipeline {
    const known = this.#pipelines.get(key);
    if (known) return known;
    const { device } = this;
    const layout = this.#layout(reads, writes);
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
    const made = { pipeline, layout, validity: new Validity(outcome) };
    this.#pipelines.set(key, made);
    return made;
  }

  #layout(reads: number, writes: number): GPUBindGroupLayout {
    const key = `${reads},${writes}`;
    const known = this.#layouts.get(key);
    if (known) return known;
    const entries: GPUBindGroupLayoutEntry[] = [{
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: parameterBytes },
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
