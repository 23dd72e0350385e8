/**
 * Machine code that a program has written itself: put into memory of the
 * system's, which is then made executable, so that Deno's foreign function
 * interface can call it as any function of a library. Only for x86-64 on Linux.
 *
 * @module
 */

/** Why this process can call no machine code; null where it may be able to. */
export function whyNoNativeCode(): string | null {
  const { arch, os } = Deno.build;
  if (arch !== "x86_64" || os !== "linux") {
    return `it is known for x86-64 Linux alone, not for ${arch} ${os}`;
  }
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  return state === "granted" ? null : "it needs the permission --allow-ffi";
}

const pageBytes = 4096;
const protection = { read: 1, write: 2, execute: 4 };
// MAP_PRIVATE and MAP_ANONYMOUS of Linux, and MAP_FAILED.
const mapping = 0x22;
const failed = 2n ** 64n - 1n;

/**
 * A copy of the code, at most a page, that can be called; it stays until the process ends.
 *
 * @throws where the system allows no such memory.
 */
export function callable<const Signature extends Deno.ForeignFunction>(
  code: Uint8Array<ArrayBuffer>,
  signature: Signature,
): Deno.UnsafeFnPointer<Signature> {
  if (code.length > pageBytes) throw new RangeError("the code is longer than a page");
  // Never closed: what it gave is used for as long as the process lives.
  const { symbols: { mmap, mprotect, memcpy } } = Deno.dlopen("libc.so.6", {
    mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
    mprotect: { parameters: ["pointer", "usize", "i32"], result: "i32" },
    memcpy: { parameters: ["pointer", "buffer", "usize"], result: "pointer" },
  });
  const { read, write, execute } = protection;
  const place = mmap(0n, BigInt(pageBytes), read | write, mapping, -1, 0n);
  if (place === null || Deno.UnsafePointer.value(place) === failed) {
    throw new Error("the system gives no memory for code");
  }
  memcpy(place, code, BigInt(code.length));
  // Never writable and executable at once, which hardened systems forbid.
  if (mprotect(place, BigInt(pageBytes), read | execute) !== 0) {
    throw new Error("the system allows no code that does not come from a file");
  }
  return new Deno.UnsafeFnPointer(place as Deno.PointerObject<Signature>, signature);
}
