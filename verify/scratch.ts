/**
 * Memory for the data of cases, which one case after the other uses again: where
 * every case had its own, a machine would spend more time on making pages ready
 * than on the numbers in them. It is a case's own only while no other runs on the
 * thread; cases that run side by side get new memory.
 *
 * @module
 */

/** Bytes below which new memory costs nothing, and beyond which none is kept. */
const [least, most] = [2 ** 12, 2 ** 24];

/** Bytes that are kept at most, in use or not. */
const mostKept = 2 ** 27;

/** A piece of memory and its size, a power of two, which it loses when it is detached. */
interface Piece {
  readonly buffer: ArrayBuffer;
  readonly size: number;
}

/** By their size. */
const free = new Map<number, Piece[]>();

/** What the one case that runs has taken. */
let taken: Piece[] = [];
let kept = 0;
let running = 0;
let alone = true;

/** Memory for so many bytes or more; null where there is none to be used again. */
function take(bytes: number): ArrayBuffer | null {
  if (running !== 1 || !alone || bytes < least || bytes > most) return null;
  const size = 2 ** Math.ceil(Math.log2(bytes));
  let piece = free.get(size)?.pop();
  if (!piece) {
    if (kept + size > mostKept) return null;
    piece = { buffer: new ArrayBuffer(size), size };
    kept += size;
  }
  taken.push(piece);
  return piece.buffer;
}

/** Makes a piece free for the next case, unless a kernel detached it, which should have copied it. */
function release(piece: Piece): void {
  const { buffer, size } = piece;
  if (buffer.byteLength !== size) {
    kept -= size;
    return;
  }
  const same = free.get(size);
  if (same) same.push(piece);
  else free.set(size, [piece]);
}

/** So many float32 numbers until the case ends, of any value: all of them are to be written. */
export function scratchFloats(length: number): Float32Array<ArrayBuffer> {
  const memory = take(4 * length);
  return memory ? new Float32Array(memory, 0, length) : new Float32Array(length);
}

/** So many zeros until the case ends. */
export function scratchZeros(length: number): Float32Array<ArrayBuffer> {
  return scratchFloats(length).fill(0);
}

/** As {@linkcode scratchFloats}, in float64. */
export function scratchDoubles(length: number): Float64Array<ArrayBuffer> {
  const memory = take(8 * length);
  return memory ? new Float64Array(memory, 0, length) : new Float64Array(length);
}

/** Runs a case, whose memory is free for others when it ends. */
export async function withScratch<T>(run: () => Promise<T>): Promise<T> {
  running++;
  if (running > 1) forget();
  try {
    return await run();
  } finally {
    running--;
    if (running === 0) {
      taken.forEach(release);
      taken = [];
      alone = true;
    }
  }
}

/** Leaves what was taken to its cases: it cannot be told whose is which. */
function forget(): void {
  for (const { size } of taken) kept -= size;
  taken = [];
  alone = false;
}
