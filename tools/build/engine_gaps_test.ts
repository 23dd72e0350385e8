import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AsyncStack,
  mapGroupBy,
  promiseWithResolvers,
  replacements,
  symbolAsyncDispose,
  symbolDispose,
  SyncStack,
} from "./engine_gaps.ts";
import * as gaps from "./engine_gaps.ts";

Deno.test("the symbols are the engine's where it has them", () => {
  assertStrictEquals(symbolDispose, Symbol.dispose);
  assertStrictEquals(symbolAsyncDispose, Symbol.asyncDispose);
});

Deno.test("everything that the bundler replaces is there", () => {
  assertEquals(Object.values(replacements).filter((name) => !(name in gaps)), []);
});

Deno.test("promiseWithResolvers() gives a promise and what settles it", async () => {
  const first = promiseWithResolvers<number>();
  first.resolve(3);
  assertEquals(await first.promise, 3);
  const second = promiseWithResolvers<number>();
  second.reject(new RangeError("no"));
  await assertRejects(() => second.promise, RangeError, "no");
});

Deno.test("mapGroupBy() groups as Map.groupBy does", () => {
  const words = ["one", "two", "three", "four"];
  const length = (word: string) => word.length;
  assertEquals(mapGroupBy(words, length), Map.groupBy(words, length));
});

/** Disposes a stack as its class says; what happened, in order. */
async function use(
  stack: SyncStack | AsyncStack,
  symbol: symbol,
): Promise<{ log: string[]; error: unknown }> {
  const log: string[] = [];
  const value = {
    [symbol]: () => {
      log.push("used");
      throw new Error("first");
    },
  };
  assertStrictEquals(stack.use(value), value);
  assertEquals(stack.use(null), null);
  stack.defer(() => {
    log.push("deferred");
  });
  assertEquals(
    stack.adopt(5, (five) => {
      log.push(`adopted ${five}`);
      throw new Error("second");
    }),
    5,
  );
  try {
    await (stack instanceof SyncStack ? stack.dispose() : stack.disposeAsync());
    return { log, error: null };
  } catch (error) {
    return { log, error };
  }
}

Deno.test("the stacks dispose from the last to the first, and forget no error, as the engine's do", async () => {
  for (
    const [stack, symbol] of [
      [new SyncStack(), Symbol.dispose],
      [new AsyncStack(), Symbol.asyncDispose],
    ] as const
  ) {
    const { log, error } = await use(stack, symbol);
    assertEquals(log, ["adopted 5", "deferred", "used"]);
    const { name, error: last, suppressed } = error as SuppressedError;
    assertEquals(name, "SuppressedError");
    assertEquals([(last as Error).message, (suppressed as Error).message], ["first", "second"]);
    // Once is enough.
    await Reflect.apply(Reflect.get(stack, symbol), stack, []);
  }
});

Deno.test("use() refuses what cannot be disposed", () => {
  assertThrows(() => new SyncStack().use({}), TypeError, "cannot be disposed");
});
