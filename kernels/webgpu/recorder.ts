/**
 * The queue of the kernel webgpu. Operations are recorded into one pass of one
 * command encoder, and submitted together when something is read or waited for,
 * or the queue has grown long, so that a whole network is one submit. Each batch
 * of commands has its own error scopes, on which the validity of the buffers that
 * it writes depends.
 *
 * @module
 */
import { DeviceError, OwnershipError } from "../../common/errors.ts";
import { type Block, BufferPool } from "./buffers.ts";
import type { OpenDevice } from "./device.ts";
import { BindGroups, type Bound } from "./bind_groups.ts";
import { PendingErrors } from "./pending_errors.ts";
import type { Pipeline } from "./pipelines.ts";
import { Staging } from "./staging.ts";
import { oneLine, popErrorScopes, pushErrorScopes, Validity } from "./validity.ts";
import type { DispatchParameters } from "./wgsl.ts";

/** One dispatch. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly reads: readonly Bound[];
  readonly writes: readonly Bound[];
  /** Those of `writes` whose old content is read too. */
  readonly updates?: readonly Bound[];
  readonly parameters: DispatchParameters;
  /** Float32 numbers besides the parameters. */
  readonly numbers?: readonly number[];
  readonly groups: readonly [number, number, number];
  /** What it is for, as an error says it. */
  readonly label: string;
}

// A submit costs a fraction of a millisecond, which many dispatches share, but the device should not wait for long.
const longestQueue = 256;
const scopesOfBatch = ["internal", "validation", "out-of-memory"] as const;

/** What is recorded and not yet submitted. */
interface CommandBatch {
  readonly encoder: GPUCommandEncoder;
  pass: GPUComputePassEncoder | null;
  /** Slots of parameters that are taken. */
  slots: number;
  readonly labels: string[];
  /** The outcome of its error scopes, which is known some time after the submit. */
  readonly validity: Validity;
  readonly settle: (outcome: Promise<Error | null>) => void;
  readonly submitted: Promise<void>;
  readonly markSubmitted: () => void;
}

/** Records, submits and waits. */
export class Recorder {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly #staging: Staging;
  readonly #bindGroups: BindGroups;
  readonly #errors = new PendingErrors();
  #batch: CommandBatch | null = null;
  /** The number of the batch that is being recorded. */
  #number = 1;
  #flushQueued = false;
  /** How many batches were submitted. */
  submits = 0;
  /** How many dispatches were recorded. */
  dispatches = 0;
  /** Why nothing works any more: the device is lost, or the kernel disposed. */
  #end: Error | null = null;
  readonly #waiting = new Set<(reason: Error) => void>();
  #timing: GPUComputePassTimestampWrites | null = null;

  /** @param mostBytes The most bytes of one buffer. */
  constructor({ device }: OpenDevice, mostBytes: number) {
    this.device = device;
    const most = Math.floor(mostBytes / 16) * 16;
    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#bindGroups = new BindGroups(device, longestQueue);
    this.pool = new BufferPool(
      device,
      STORAGE | COPY_SRC | COPY_DST,
      most,
      () => this.#bindGroups.clear(),
    );
    this.#staging = new Staging(new BufferPool(device, MAP_READ | COPY_DST, most));
    void device.lost.then(({ reason, message }) => {
      this.#stop(
        new DeviceError(
          `webgpu: the device was lost (${reason || "unknown"}): ${
            oneLine(message) || "no reason given"
          }; make another kernel`,
        ),
      );
    });
    pushErrorScopes(device, scopesOfBatch);
  }

  /** Bytes of all buffers, including those that are kept unused. */
  get totalBytes(): number {
    return this.pool.total + this.#staging.pool.total;
  }

  /** @throws {DeviceError} after the device was lost. */
  expectAlive(): void {
    if (this.#end) throw this.#end;
  }

  /** Copies data into a buffer, after all work that was recorded with it. */
  write(block: Block, data: Float32Array): void {
    this.expectAlive();
    if (block.batch === this.#number) this.flush();
    // WebGPU does not accept memory that is shared between threads, or that can be resized.
    const own = data.buffer instanceof ArrayBuffer && !data.buffer.resizable
      ? data as Float32Array<ArrayBuffer>
      : new Float32Array(data);
    // The error of an invalid buffer is known by its own validity, and is not one of the next batch.
    const maybeInvalid = block.origin.settled !== null;
    if (maybeInvalid) this.device.pushErrorScope("validation");
    if (own.length > 0) this.device.queue.writeBuffer(block.buffer, 0, own);
    if (maybeInvalid) this.device.popErrorScope().catch(() => {});
    block.fresh = false;
    block.validity = block.origin;
  }

  /** Records zeros. */
  clear(block: Block): void {
    this.expectAlive();
    if (!block.fresh) {
      const batch = this.#record("zeros");
      this.#endPass(batch);
      batch.encoder.clearBuffer(block.buffer);
      block.batch = this.#number;
      block.validity = Validity.all([block.origin, batch.validity]);
    }
  }

  /** Records a copy of bytes from one buffer to another, whose other bytes remain. */
  copy(from: Bound, to: Bound, label: string): void {
    this.expectAlive();
    if (from.bytes === 0) return;
    const batch = this.#record(label);
    this.#endPass(batch);
    const [first, second] = [from.offset ?? 0, to.offset ?? 0];
    const [a, b] = [from.block, to.block];
    batch.encoder.copyBufferToBuffer(a.buffer, first, b.buffer, second, from.bytes);
    a.batch = this.#number;
    b.batch = this.#number;
    b.fresh = false;
    b.validity = Validity.all([a.validity, b.validity, batch.validity]);
  }

  /** Records a dispatch, unless it has no workgroups. */
  dispatch(
    { pipeline, reads, writes, updates = [], parameters, numbers = [], groups, label }: Dispatch,
  ): void {
    this.expectAlive();
    if (groups[0] === 0) return;
    const slots = BindGroups.slotsOf(numbers.length);
    if (this.#batch && this.#batch.slots + slots > longestQueue) this.flush();
    const batch = this.#record(label);
    const { encoder } = batch;
    const timestampWrites = this.#timing;
    batch.pass ??= encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    const offset = this.#bindGroups.setParameters(batch.slots, parameters, numbers);
    batch.pass.setPipeline(pipeline.pipeline);
    batch.pass.setBindGroup(0, this.#bindGroups.get(pipeline, [...reads, ...writes]), [offset]);
    batch.pass.dispatchWorkgroups(...groups);
    this.dispatches++;
    batch.slots += slots;
    const validity = Validity.all([
      pipeline.validity,
      ...[...reads, ...updates].map(({ block }) => block.validity),
      ...writes.map(({ block }) => block.origin),
      batch.validity,
    ]);
    if (validity !== batch.validity) this.#errors.watch(validity);
    for (const { block } of reads) block.batch = this.#number;
    for (const { block } of writes) {
      block.batch = this.#number;
      block.fresh = false;
      block.validity = validity;
    }
  }

  /** Submits what was recorded. */
  flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = null;
    this.#number++;
    const { device } = this;
    this.#endPass(batch);
    this.#bindGroups.send(batch.slots);
    device.queue.submit([batch.encoder.finish()]);
    this.submits++;
    batch.settle(popErrorScopes(
      device,
      scopesOfBatch.length,
      (message) => new DeviceError(`webgpu: ${batch.labels.join("; ")}: ${message}`),
    ));
    pushErrorScopes(device, scopesOfBatch);
    batch.markSubmitted();
    this.pool.recycle();
    this.#staging.close();
  }

  /** The first `length` elements as they are after all that was recorded. Reads that are asked for together share a submit, and a wait. */
  async read(block: Block, length: number): Promise<Float32Array> {
    this.expectAlive();
    const bytes = 4 * length;
    const part = this.#staging.take(bytes);
    const batch = this.#record("a read");
    this.#endPass(batch);
    batch.encoder.copyBufferToBuffer(block.buffer, 0, part.block.buffer, part.offset, bytes);
    block.batch = this.#number;
    const validity = Validity.all([part.block.origin, block.validity, batch.validity]);
    this.#queueFlush();
    await batch.submitted;
    let data: Float32Array | null = null;
    try {
      const mapping = part.owner.map();
      const [failed, error] = await this.#guard(Promise.all([validity.promise, mapping]));
      if (failed) {
        this.#errors.forget(failed);
        throw failed;
      }
      if (error) throw this.#end ?? new DeviceError(`webgpu: reading failed: ${error.message}`);
      data = part.copy();
      return data;
    } finally {
      part.owner.leave(data === null);
    }
  }

  /**
   * Waits until all that was recorded is done.
   *
   * @throws {DeviceError} for the first error that no read has thrown yet.
   */
  async finished(): Promise<void> {
    this.expectAlive();
    this.flush();
    // A lost device is reported by #end, with the reason.
    await this.#guard(this.device.queue.onSubmittedWorkDone().catch(() => {}));
    await this.#guard(this.#errors.settled());
    const error = this.#errors.take();
    if (error) throw error;
  }

  /** Seconds that the device takes for what `run` records, which must be only dispatches; the device must have timestamps. */
  async time(run: () => void): Promise<number> {
    this.flush();
    const { device } = this;
    const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
    const results = this.pool.take(16, "timestamps");
    const { QUERY_RESOLVE, COPY_SRC } = GPUBufferUsage;
    const resolved = device.createBuffer({ size: 256, usage: QUERY_RESOLVE | COPY_SRC });
    try {
      this.#timing = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
      run();
      this.#timing = null;
      const batch = this.#record("timestamps");
      this.#endPass(batch);
      batch.encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      batch.encoder.copyBufferToBuffer(resolved, 0, results.buffer, 0, 16);
      results.fresh = false;
      const { buffer } = await this.read(results, 4);
      const [start = 0n, end = 0n] = new BigUint64Array(buffer);
      return Number(end - start) / 1e9;
    } finally {
      this.#timing = null;
      resolved.destroy();
      querySet.destroy();
      this.pool.free(results);
    }
  }

  /** Rejects what waits, and destroys the device with its memory. */
  dispose(): void {
    this.#stop(new OwnershipError("the kernel was disposed before this was done"));
    this.device.destroy();
  }

  #stop(reason: Error): void {
    if (this.#end) return;
    this.#end = reason;
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
    this.#batch?.markSubmitted();
    this.#batch?.settle(Promise.resolve(reason));
    this.#batch = null;
  }

  /** A promise that is also rejected when the device is lost or the kernel disposed. */
  #guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end) return reject(this.#end);
      this.#waiting.add(reject);
      const done = () => this.#waiting.delete(reject);
      promise.then((value) => (done(), resolve(value)), (error) => (done(), reject(error)));
    });
  }

  /** The batch to record into. */
  #record(label: string): CommandBatch {
    this.#batch ??= this.#begin();
    const { labels } = this.#batch;
    if (labels.at(-1) !== label && labels.length < 8) labels.push(label);
    return this.#batch;
  }

  #begin(): CommandBatch {
    const outcome = Promise.withResolvers<Error | null>();
    const submitted = Promise.withResolvers<void>();
    const validity = new Validity(outcome.promise);
    this.#errors.watch(validity);
    return {
      encoder: this.device.createCommandEncoder(),
      pass: null,
      slots: 0,
      labels: [],
      validity,
      settle: outcome.resolve,
      submitted: submitted.promise,
      markSubmitted: submitted.resolve,
    };
  }

  #endPass(batch: CommandBatch): void {
    batch.pass?.end();
    batch.pass = null;
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    queueMicrotask(() => {
      this.#flushQueued = false;
      if (!this.#end) this.flush();
    });
  }
}
