/**
 * Runs a list of jobs in memory without JavaScript in between: products of panels
 * with their epilogues, by the functions of other modules, which it calls through a
 * table. Addresses that change from call to call are given by words of a frame.
 *
 * @module
 */
import { type MemoryImport, ModuleBuilder, repeatWhile, when } from "./assembler.ts";
import type { Statement } from "./encoding.ts";
import { finishParameters } from "./finish.ts";
import { i32 } from "./instructions.ts";
import { thinParameters } from "./thin.ts";

/** The words of the frame, in order: 0, the addresses of x and y, and of the two buffers between layers. */
export const frameWords = ["zero", "x", "y", "even", "odd"] as const;

/** Bytes of the frame, with which the room for jobs begins. */
export const bytesOfFrame = 64;

/** What a job does: the product of a panel, with what ends it or without, the copy of rows of A, softmax, the product of one or two rows, the sum of two such. */
export const kindsOfJob = { whole: 0, product: 1, rows: 2, softmax: 3, thin: 4, add: 5 } as const;

/**
 * The words of a job in order. Functions are numbers in the table, addresses and
 * strides in bytes; a base is the address of the word of the frame that is added.
 */
export const jobWords = [
  // One of `kindsOfJob`.
  "kind",
  // Of a product the copy of b to its slot, of the other kinds what they call.
  "first",
  "block",
  "b",
  "strideB",
  "a",
  "baseA",
  "strideA",
  // Where sums go.
  "c",
  "baseC",
  "strideC",
  // Of thin products and their sums: steps of k, and vectors of 4 columns.
  "depth",
  "vectors",
  // The epilogue, which reads c; 0 for none.
  "finish",
  "strideFrom",
  "to",
  "baseTo",
  "strideTo",
  "bias",
  "columns",
] as const;

/** A word of a job. */
export type JobWord = typeof jobWords[number];

/** Bytes of a job. */
export const bytesOfJob: number = 4 * jobWords.length;

/** The module of `run`, with the frame at a constant address. */
export function networkModule(frame: number, memory: MemoryImport): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(memory);
  const panel = module.indirect({ b: "i32", stride: "i32" });
  const block = module.indirect({
    a: "i32",
    strideA: "i32",
    rows: "i32",
    c: "i32",
    strideC: "i32",
  });
  const four = module.indirect({ a: "i32", b: "i32", c: "i32", d: "i32" });
  const whole = module.indirect({
    b: "i32",
    strideB: "i32",
    bias: "i32",
    a: "i32",
    strideA: "i32",
    rows: "i32",
    c: "i32",
    strideC: "i32",
  });
  const thin = module.indirect(thinParameters);
  const three = module.indirect({ to: "i32", from: "i32", vectors: "i32" });
  const finish = module.indirect(finishParameters);
  module.func("run", {
    list: "i32",
    end: "i32",
    x: "i32",
    y: "i32",
    even: "i32",
    odd: "i32",
    rows: "i32",
  }, ({ list, end, x, y, even, odd, rows }) => {
    const word = (name: JobWord) => i32.load(list, 4 * jobWords.indexOf(name));
    const based = (name: "a" | "c" | "to", base: "baseA" | "baseC" | "baseTo") =>
      i32.add(word(name), i32.load(word(base)));
    const [a, c, to] = [based("a", "baseA"), based("c", "baseC"), based("to", "baseTo")];
    const kind = word("kind");
    const epilogue = when(word("finish"), [
      finish.call(word("finish"), {
        from: c,
        strideFrom: word("strideFrom"),
        to,
        z: 0,
        stride: word("strideTo"),
        bias: word("bias"),
        rows,
        columns: word("columns"),
      }),
    ]);
    const first = word("first");
    const strideA = word("strideA");
    const calls = {
      whole: [
        whole.call(first, {
          b: word("b"),
          strideB: word("strideB"),
          bias: word("bias"),
          a,
          strideA,
          rows,
          c,
          strideC: word("strideC"),
        }),
      ],
      product: [
        panel.call(first, { b: word("b"), stride: word("strideB") }),
        block.call(word("block"), { a, strideA, rows, c, strideC: word("strideC") }),
      ],
      thin: [
        thin.call(first, {
          x: a,
          strideX: strideA,
          b: word("b"),
          strideB: word("strideB"),
          depth: word("depth"),
          sums: c,
          columns: word("vectors"),
        }),
      ],
      add: [three.call(first, { to: c, from: a, vectors: word("vectors") })],
      rows: [four.call(first, { a, b: strideA, c: rows, d: c })],
      softmax: [four.call(first, { a: to, b: to, c: rows, d: word("columns") })],
    };
    return [
      ...[0, x, y, even, odd].map((value, i) => i32.store(frame, value, 4 * i)),
      repeatWhile([
        ...(Object.keys(calls) as (keyof typeof calls)[]).reduceRight<Statement[]>(
          (others, name) => [when(i32.eq(kind, kindsOfJob[name]), calls[name], others)],
          [],
        ),
        epilogue,
        list.set(i32.add(list, bytesOfJob)),
      ], i32.less(list, end)),
    ];
  });
  return module.bytes();
}

/** What an instance of {@linkcode networkModule} exports. */
export interface NetworkExports {
  /** Runs the jobs from `list` to `end`, of which there is at least one, on `rows` rows. */
  run(
    list: number,
    end: number,
    x: number,
    y: number,
    even: number,
    odd: number,
    rows: number,
  ): void;
}
