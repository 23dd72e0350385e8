import { assertEquals } from "@std/assert";
import type { Model } from "../../models/model.ts";
import { affordableRows } from "./affordable_rows.ts";

function modelOf(inputs: number, units: number): Model {
  const weight = new Float32Array(1);
  const layer = { name: "fc", activation: "linear", inputs, units, weight, bias: null } as const;
  return { name: "m", layers: [layer], inputs, flatten: false, notes: [] };
}

Deno.test("affordableRows() falls with the size of the model, but never to 0", () => {
  assertEquals(affordableRows(modelOf(784, 1000)), Math.floor(2 ** 29 / (1000 * (784 + 32))));
  assertEquals(affordableRows(modelOf(2 ** 20, 2 ** 20)), 1);
});
