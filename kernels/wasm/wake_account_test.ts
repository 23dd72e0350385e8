// When the workers are woken, as a function of what became of the tasks before: no clock is read.
import { assert, assertEquals } from "@std/assert";
import { WakeAccount } from "./wake_account.ts";

/** A caller with one worker, whose tasks take `share` milliseconds each where the worker keeps up. */
class Caller {
  readonly account = new WakeAccount();
  now = 0;
  /** Milliseconds that one thread would have taken. */
  alone = 0;
  woken = 0;

  /** Does a task; the worker needs so many milliseconds more than the caller, and may not have come. */
  call(share: number, late: number, { came = true, own = share, work = 1e6 } = {}): void {
    this.alone += 2 * share;
    if (!this.account.isWorthWaking(this.now)) {
      this.now += 2 * share;
      return;
    }
    this.woken++;
    this.now += came ? own + late : 2 * own + late;
    this.account.enter({ work, own, others: came ? 1 : 0, lost: late, now: this.now });
  }
}

Deno.test("isWorthWaking() holds as long as workers keep up", () => {
  const caller = new Caller();
  for (let i = 0; i < 10_000; i++) caller.call(0.02, 0.005);
  assertEquals(caller.woken, 10_000);
});

Deno.test("isWorthWaking() holds where a quiet machine interrupts a worker now and then", () => {
  const caller = new Caller();
  // The first time before anything is gained.
  for (let i = 0; i < 10_000; i++) caller.call(0.02, i % 500 === 0 ? 3 : 0.002);
  assertEquals(caller.woken, 10_000);
});

Deno.test("a load that stops the worker in each call costs a tenth of the time at most", () => {
  for (const share of [0.02, 0.5, 3]) {
    for (const stop of [1, 4, 20]) {
      const caller = new Caller();
      while (caller.now < 3000) caller.call(share, stop + share);
      const ratio = caller.alone / caller.now;
      assert(ratio > 0.9, `${share} ms, ${stop} ms: ${ratio} of one thread's speed`);
      assert(caller.woken > 3, "it must try again");
    }
  }
});

Deno.test("a worker that never comes, but takes time to wake, costs a tenth of the time at most", () => {
  const caller = new Caller();
  while (caller.now < 3000) caller.call(0.02, 0.03, { came: false });
  assert(caller.alone / caller.now > 0.9, `${caller.alone / caller.now}`);
});

Deno.test("a worker that is stopped half of the time is used where it gains more than it costs", () => {
  // 20 calls go well, which gain 60 ms, and then one costs 5.
  const caller = new Caller();
  for (let i = 0; i < 2100; i++) caller.call(3, i % 21 === 20 ? 8 : 0);
  assertEquals(caller.woken, 2100);
});

Deno.test("the workers are woken again soon after a load has ended", () => {
  const caller = new Caller();
  while (caller.now < 1000) caller.call(0.02, 4);
  const end = caller.now;
  const before = caller.woken;
  while (caller.woken === before) caller.call(0.02, 0);
  assert(caller.now - end < 60, `${caller.now - end} ms`);
});

Deno.test("no loss keeps the workers asleep for more than half a second", () => {
  const caller = new Caller();
  caller.call(0.02, 3_600_000);
  const begin = caller.now;
  while (!caller.account.isWorthWaking(caller.now)) caller.call(0.02, 0);
  assert(caller.now - begin < 501, `${caller.now - begin} ms`);
});

Deno.test("a caller that was itself interrupted gains nothing by it", () => {
  const caller = new Caller();
  // The caller's share takes 5 ms more each time, as if the worker had spared it as much.
  for (let i = 0; i < 20; i++) caller.call(0.02, 0);
  const { woken } = caller;
  for (let i = 0; i < 20; i++) caller.call(0.02, 4, { own: 5 });
  assert(caller.woken - woken < 10, `${caller.woken - woken}`);
});

Deno.test("the time of a share follows a machine that gets slower", () => {
  const caller = new Caller();
  for (let i = 0; i < 100; i++) caller.call(0.02, 0.002);
  // Each share takes four times as long, and so does what is waited for its end.
  for (let i = 0; i < 2000; i++) caller.call(0.08, 0.03);
  assertEquals(caller.woken, 2100);
});

Deno.test("tasks of other sizes have shares of their own", () => {
  const caller = new Caller();
  for (let i = 0; i < 2000; i++) {
    caller.call(0.02, 0.002, { work: 1e6 });
    caller.call(8, 0.9, { work: 4e8 });
  }
  assertEquals(caller.woken, 4000);
});
