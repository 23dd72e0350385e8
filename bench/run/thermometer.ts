/**
 * The thermometer: always the same work, a few milliseconds of whole numbers in
 * registers, which touches no memory and no code of the kernels. What changes
 * in its time is the machine: its clock, its neighbours.
 *
 * @module
 */

/** The seconds that one reading is to take, about. */
const target = 0.005;

/** Marsaglia's xorshift (JSS 2003) so many times; every step needs the one before. */
export function spin(steps: number): number {
  let x = 2463534242 | 0;
  for (let i = 0; i < steps; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
  }
  return x;
}

/** A function that takes a reading, in seconds. */
export type Thermometer = () => number;

/**
 * A thermometer, the length of its loop chosen such that it takes about 5 ms on
 * this machine now.
 *
 * @throws {Error} where the loop does not compute what it must: then its time means nothing.
 */
export function createThermometer(): Thermometer {
  const read = (steps: number): number => {
    const start = performance.now();
    const result = spin(steps);
    const seconds = (performance.now() - start) / 1e3;
    // Xorshift's period holds no 0; and a result that is used cannot be left out.
    if (result === 0) throw new Error("the thermometer's loop is broken");
    return seconds;
  };
  // The first calls also have the loop compiled.
  let steps = 2 ** 16;
  for (let i = 0; i < 5; i++) read(steps);
  const times = Array.from({ length: 5 }, () => read(steps));
  // The best of them, so that a disturbance now does not make the loop short for good.
  steps = Math.max(1, Math.round(steps * target / Math.max(1e-9, Math.min(...times))));
  return () => read(steps);
}
