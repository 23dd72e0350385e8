import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { MemoryError } from "../../common/errors.ts";
import { BufferPool, sizeClass } from "./buffers.ts";

/** A device that says of every buffer what `refuse` says, and counts. */
function fakeDevice(refuse: (size: number) => string | null) {
  const scopes: { filter: string; error: { message: string } | null }[] = [];
  const counts = { made: 0, destroyed: 0 };
  const device = {
    pushErrorScope: (filter: string) => scopes.push({ filter, error: null }),
    popErrorScope: () => Promise.resolve(scopes.pop()?.error ?? null),
    createBuffer: ({ size }: { size: number }) => {
      counts.made++;
      const message = refuse(size);
      const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
      if (message !== null && scope) scope.error = { message };
      return { size, destroy: () => counts.destroyed++ };
    },
  };
  return { device: device as unknown as GPUDevice, counts };
}

Deno.test("BufferPool.take() gives a buffer without memory an error as its validity, and does not keep it", async () => {
  const { device, counts } = fakeDevice((size) => size > 1000 ? "out of heap" : null);
  const pool = new BufferPool(device, 0, 2 ** 20);
  const large = pool.take(5000, "a tensor [1250]");
  const error = await large.validity.promise;
  assert(error instanceof MemoryError);
  assertMatch(
    error.message,
    /^the device has no memory for a tensor \[1250\], \d+ bytes: out of heap; /,
  );
  assertEquals(await pool.take(100, "a tensor").validity.promise, null);
  pool.free(large);
  pool.recycle();
  assertEquals([counts.destroyed, pool.used, pool.total], [1, 256, 256]);
});

Deno.test("BufferPool.recycle() makes buffers reusable that were given back", async () => {
  const { device, counts } = fakeDevice(() => null);
  const pool = new BufferPool(device, 0, 2 ** 20);
  const first = pool.take(1000, "");
  await first.origin.promise;
  pool.free(first);
  const second = pool.take(1000, "");
  assert(second !== first);
  pool.recycle();
  assertEquals(pool.take(900, "") === first, sizeClass(900) === sizeClass(1000));
  assertEquals(pool.take(1000, "") === first, sizeClass(900) !== sizeClass(1000));
  assertEquals(counts.destroyed, 0);
});

Deno.test("BufferPool.take() throws, and names the limit, beyond the largest buffer", () => {
  const pool = new BufferPool(fakeDevice(() => null).device, 0, 4096);
  assertEquals(pool.take(4090, "").bytes, 4096);
  assertThrows(
    () => pool.take(4097, "a tensor [1025]"),
    MemoryError,
    "a tensor [1025] needs 4097 bytes in one buffer; this device allows 4096",
  );
});

Deno.test("sizeClass() is at least the size, at most an eighth more, and one of few", () => {
  const classes = new Set<number>();
  for (let bytes = 1; bytes < 1_000_000; bytes += 97) {
    const size = sizeClass(bytes);
    assert(size >= bytes && size <= Math.max(bytes * 1.125, bytes + 256), `${bytes}: ${size}`);
    assertEquals(size % 256, 0);
    assertEquals(sizeClass(size), size);
    classes.add(size);
  }
  assert(classes.size < 100, `${classes.size}`);
});
