import { assert, assertEquals } from "@std/assert";
import {
  between,
  busyOf,
  type Counters,
  othersBetween,
  readCounters,
  waitingIn,
} from "./counters.ts";

Deno.test("waitingIn() reads the total of Linux's pressure file, in seconds", () => {
  const text = "some avg10=0.00 avg60=0.12 avg300=0.10 total=2521698817\n" +
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
  assertEquals(waitingIn(text), 2521.698817);
  for (const other of ["", "full avg10=0 total=7\n", "some avg10=0 total=x\n"]) {
    assertEquals(waitingIn(other), null);
  }
});

Deno.test("between() gives shares of the time that passed, and null for what was not seen", () => {
  const before: Counters = { time: 1000, cpu: 5, switches: 3, waiting: 1 };
  const after: Counters = { time: 3000, cpu: 6.5, switches: 10, waiting: 1.5 };
  assertEquals(between(before, after), { cpu: 0.75, switches: 7, pressure: 0.25 });
  assertEquals(between({ ...before, waiting: null }, after).pressure, null);
});

Deno.test("readCounters() never runs backwards, and a loop costs processor time", () => {
  const before = readCounters();
  let steps = 0;
  while (readCounters().cpu - before.cpu < 0.02) steps++;
  const after = readCounters();
  assert(steps > 0);
  assert(after.time > before.time && after.switches >= before.switches);
  assert(between(before, after).cpu > 0);
});

Deno.test("busyOf() sums what is not idle, and knows nothing where all times are 0", () => {
  const times = { user: 1000, nice: 100, sys: 500, idle: 99999, irq: 60 };
  assertEquals(busyOf([{ times }, { times }]), 3.32);
  assertEquals(busyOf([{ times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }]), null);
  assertEquals(busyOf([]), null);
});

Deno.test("othersBetween() is a number of processors, and unknown over too short a time", () => {
  const at = (time: number, others: number | null) => ({ time, others });
  assertEquals(othersBetween(at(1000, 5), at(3000, 8)), 1.5);
  assertEquals(othersBetween(at(1000, 5), at(1010, 5.01)), null);
  assertEquals(othersBetween(at(1000, null), at(3000, 8)), null);
  // This program's time is read a moment later than that of all.
  assertEquals(othersBetween(at(1000, 5), at(3000, 4.99)), 0);
});
