/**
 * The arithmetic peak of a GPU: a shader that does nothing but fused
 * multiply-adds of vectors, timed as the difference between two lengths, so
 * that the wait for the queue, which is long, is no part of it.
 *
 * @module
 */
import { openDevice } from "../../kernels/webgpu/device.ts";

const groupSize = 256;
const groups = 2048;
/** Vectors of four chains in each invocation, and steps of each in an iteration of the loop. */
const chains = 8;
const steps = 4;
const flopsOfIteration = 2 * 4 * chains * steps * groupSize * groups;
/** How long the shorter of the two lengths is to take, in seconds, and its most iterations. */
const shorterLength = 0.02;
const mostIterations = 2 ** 20;

// As in chains.ts: x·0.5 + 0.75 stays 1.5. The numbers come from a buffer, so that no compiler knows them.
const shader = `
struct Given { factor: f32, summand: f32, start: f32, iterations: u32 }
@group(0) @binding(0) var<uniform> given: Given;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(${groupSize})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(given.factor);
  let summand = vec4f(given.summand);
${Array.from({ length: chains }, (_, i) => `  var x${i} = vec4f(given.start);`).join("\n")}
  for (var i = 0u; i < given.iterations; i++) {
${
  Array.from(
    { length: chains * steps },
    (_, i) => `    x${i % chains} = fma(x${i % chains}, factor, summand);`,
  ).join("\n")
}
  }
  let sum = ${Array.from({ length: chains }, (_, i) => `x${i}`).join(" + ")};
  sums[id.x] = sum.x + sum.y + sum.z + sum.w;
}`;

/** A GPU's loop of multiply-adds. */
export interface GpuChain extends Disposable {
  readonly what: string;
  /** Measures the GFLOP/s. */
  measure(): Promise<number>;
}

/**
 * The loop on the fastest adapter. Software that does the work of a GPU is
 * refused unless `software` allows it.
 *
 * @throws {KernelUnavailableError} where there is no adapter.
 * @throws where it is software, or gives a wrong sum.
 */
export async function createGpuChain(
  { software = false, iterations: given }: { software?: boolean; iterations?: number } = {},
): Promise<GpuChain> {
  const open = await openDevice();
  const { device, description } = open;
  try {
    if (open.software && !software) throw new Error(`${description} is no GPU`);
    const bytes = 4 * groupSize * groups;
    const uniform = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const sums = device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    });
    const copy = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    const pipeline = await device.createComputePipelineAsync({
      layout: "auto",
      compute: { module: device.createShaderModule({ code: shader }), entryPoint: "main" },
    });
    const bindings = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [uniform, sums].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    /** Seconds of so many iterations, with the wait. */
    const run = async (iterations: number): Promise<number> => {
      const values = new DataView(new ArrayBuffer(16));
      [0.5, 0.75, 1.5].forEach((value, i) => values.setFloat32(4 * i, value, true));
      values.setUint32(12, iterations, true);
      device.queue.writeBuffer(uniform, 0, values.buffer);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(groups);
      pass.end();
      encoder.copyBufferToBuffer(sums, bytes - 16, copy, 0, 16);
      const start = performance.now();
      device.queue.submit([encoder.finish()]);
      await copy.mapAsync(GPUMapMode.READ);
      const seconds = (performance.now() - start) / 1e3;
      const found = [...new Float32Array(copy.getMappedRange().slice(0))];
      copy.unmap();
      const sum = 1.5 * 4 * chains;
      if (found.some((value) => value !== sum)) {
        throw new Error(`${description} gave ${found} instead of ${sum}`);
      }
      return seconds;
    };
    /** Seconds of so many iterations, without the wait. */
    const slope = async (iterations: number) => await run(2 * iterations) - await run(iterations);
    let iterations = given ?? 16;
    await run(iterations);
    while (
      given === undefined && iterations < mostIterations && await slope(iterations) < shorterLength
    ) iterations *= 2;
    return {
      what: `${description}, fused multiply-add of vectors`,
      // Where the clock is so coarse that the longer one seems to take no longer, its own speed is a lower bound.
      measure: async () => {
        const seconds = await slope(iterations);
        const longer = 2 * iterations;
        const [work, time] = seconds > 0 ? [iterations, seconds] : [longer, await run(longer)];
        return flopsOfIteration * work / time / 1e9;
      },
      [Symbol.dispose]: () => device.destroy(),
    };
  } catch (error) {
    device.destroy();
    throw error;
  }
}
