import { assertEquals } from "@std/assert";
import { denseModel, flatbuffer, integers, table, tables } from "./tflite.ts";

/** Reads a flatbuffer as its description says (flatbuffers.dev, "Internals"). */
class Reader {
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int(at: number): number {
    assertEquals(at % 4, 0, "numbers are aligned");
    return this.#view.getInt32(at, true);
  }

  follow(at: number): number {
    return at + this.int(at);
  }

  /** Where a field of the table is, or null where it has its default. */
  field(start: number, field: number): number | null {
    const vtable = start - this.int(start);
    const short = (at: number) => this.#view.getUint16(at, true);
    const at = 4 + 2 * field < short(vtable) ? short(vtable + 4 + 2 * field) : 0;
    return at === 0 ? null : start + at;
  }

  /** What a field refers to. */
  part(start: number, field: number): number {
    const at = this.field(start, field);
    if (at === null) throw new Error(`field ${field} is missing`);
    return this.follow(at);
  }

  integers(start: number): number[] {
    return Array.from({ length: this.int(start) }, (_, i) => this.int(start + 4 * (i + 1)));
  }

  tables(start: number): number[] {
    return Array.from({ length: this.int(start) }, (_, i) => this.follow(start + 4 * (i + 1)));
  }
}

Deno.test("flatbuffer() writes tables, vectors and defaults where its format has them", () => {
  const inner = table(null, 7);
  const bytes = flatbuffer("TEST", table(5, null, integers(1, -2, 3), tables(inner, table())), 512);
  assertEquals(new TextDecoder().decode(bytes.subarray(4, 8)), "TEST");
  const read = new Reader(bytes);
  const root = read.follow(0);
  assertEquals(read.int(read.field(root, 0)!), 5);
  assertEquals([read.field(root, 1), read.field(root, 4)], [null, null]);
  assertEquals(read.integers(read.part(root, 2)), [1, -2, 3]);
  const [first, second] = read.tables(read.part(root, 3));
  assertEquals([read.field(first!, 0), read.int(read.field(first!, 1)!)], [null, 7]);
  assertEquals(read.field(second!, 0), null);
});

Deno.test("denseModel() of LiteRT.js holds the transpose of the weight at a multiple of 16 bytes", () => {
  const weight = new Float32Array([1, 2, 3, 4, 5, 6]);
  const bias = new Float32Array([7, 8]);
  for (const one of [bias, null]) {
    const bytes = denseModel({ m: 4, n: 2, k: 3, activation: "gelu", weight, bias: one });
    const read = new Reader(bytes);
    const model = read.follow(0);
    const buffers = read.tables(read.part(model, 4));
    assertEquals(buffers.length, one ? 3 : 2);
    assertEquals(read.field(buffers[0]!, 0), null, "the first one is empty");
    const values = buffers.slice(1).map((buffer) => {
      const data = read.part(buffer, 0) + 4;
      assertEquals(data % 16, 0);
      return [...new Float32Array(bytes.buffer, data, read.int(data - 4) / 4)];
    });
    assertEquals(values, [[1, 3, 5, 2, 4, 6], ...(one ? [[7, 8]] : [])]);
    const subgraph = read.tables(read.part(model, 2))[0]!;
    const shapes = read.tables(read.part(subgraph, 0))
      .map((tensor) => read.integers(read.part(tensor, 0)));
    assertEquals(shapes, [[4, 3], [2, 3], ...(one ? [[2]] : []), [4, 2], [4, 2]]);
  }
});
