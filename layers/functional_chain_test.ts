import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { chainOf } from "./functional_chain.ts";
import type { KerasObject } from "./keras_objects.ts";

const layer = (name: string, inbound_nodes: unknown): KerasObject => ({
  class_name: "Dense",
  name,
  config: { name: `${name} of the configuration` },
  inbound_nodes: inbound_nodes as unknown[],
});
const tensor = (...keras_history: unknown[]) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 2], dtype: "float32", keras_history },
});
const of3 = (...args: unknown[]) => [{ args, kwargs: { training: false, mask: null } }];
const from = [["in", 0, 0]];
const to = [["out", 0, 0]];
const chain = (node: unknown, ends: { from?: unknown; to?: unknown } = {}) => {
  const layers = [layer("out", node), layer("in", [])];
  const config = { input_layers: ends.from ?? from, output_layers: ends.to ?? to };
  const found = chainOf(config, layers);
  // The same objects.
  return found.map((each) => layers.indexOf(each));
};

Deno.test("chainOf() reads the ends and nodes of every generation", () => {
  for (
    const node of [
      [[["in", 0, 0, {}]]],
      [[["in", 0, 0]]],
      [["in", 0, 0, { training: true }]],
      of3(tensor("in", 0, 0)),
      of3([tensor("in", 0, 0)]),
      [{ args: [], kwargs: { inputs: tensor("in", 0, 0) } }],
    ]
  ) {
    assertEquals(chain(node), [1, 0]);
  }
  for (const end of [["in", 0, 0], [["in", 0, 0]], { x: ["in", 0, 0] }, [[["in", 0, 0]]]]) {
    assertEquals(chain(of3(tensor("in", 0, 0)), { from: end }), [1, 0]);
  }
});

Deno.test("chainOf() refuses what is no chain, and what cannot be read", () => {
  const right = of3(tensor("in", 0, 0));
  const cases: readonly (readonly [() => unknown, string])[] = [
    [() => chain(of3(tensor("in", 0, 1))), "another result than the first of layer"],
    [() => chain(of3(tensor("in", 1, 0))), "another result than the first of layer"],
    [() => chain(of3(tensor("in"))), 'layer "out" has a node that cannot be read'],
    [() => chain(of3(tensor(null, 0, 0))), 'layer "out" has a node that cannot be read'],
    [() => chain(of3()), 'layer "out" has a node that cannot be read'],
    [() => chain([[]]), 'layer "out" has a node that cannot be read'],
    [() => chain(["in", 0, 0]), 'layer "out" is used 3 times'],
    [() => chain([5]), 'layer "out" has the node 5'],
    [() => chain("in"), 'layer "out" has the nodes "in"'],
    // Another result among the other arguments of a call.
    [() => chain([[["in", 0, 0, { mask: ["other", 0, 0] }]]]), 'of layer "in" and layer "other"'],
    [
      () => chain([{ args: [tensor("in", 0, 0)], kwargs: { mask: tensor("other", 0, 0) } }]),
      'takes the results of layer "in" and layer "other"',
    ],
    [() => chain(right, { from: [["in", 0, 1]] }), "the list of inputs takes another result"],
    [() => chain(right, { to: ["out", 1, 0] }), "the list of outputs takes another result"],
    [() => chain(right, { from: { a: ["in", 0, 0], b: ["x", 0, 0] } }), "with 2 inputs"],
    [() => chain(right, { from: [] }), "with 0 inputs"],
    [
      () => chainOf({ input_layers: from, output_layers: to }, [layer("in", []), layer("in", [])]),
      'two layers of a functional model are called "in"',
    ],
    [
      () =>
        chainOf({ input_layers: from, output_layers: to }, [{ class_name: "Dense", config: {} }]),
      'a "Dense" of a functional model has no name',
    ],
  ];
  for (const [act, says] of cases) assertThrows(act, ArgumentError, says);
  let deep: unknown = tensor("in", 0, 0);
  for (let i = 0; i < 20_000; i++) deep = [deep];
  assertThrows(() => chain(of3(deep)), ArgumentError, "more than 100 levels deep");
  assertThrows(() => chain(right, { from: deep }), ArgumentError, "more than 100 levels deep");
});
