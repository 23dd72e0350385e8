/**
 * For tests: the generated modules of the WebAssembly kernels by their names, as
 * mutants have them. A formula is read from its key.
 *
 * @module
 */
import type { Activation, Pointwise } from "../../kernels/activation.ts";
import {
  binary,
  type BinaryFunction,
  choose,
  type Comparison,
  type Expression,
  expressionOf,
  operand,
  parameter,
  perColumn,
  perRow,
  unary,
  type UnaryFunction,
} from "../../kernels/formula/expression.ts";
import { type Formula, formula } from "../../kernels/formula/formula.ts";
import type { Reduction } from "../../kernels/kernel.ts";
import { copyModule } from "../../kernels/wasm/copy.ts";
import { pointwiseModule, rowModule } from "../../kernels/wasm/elementwise.ts";
import { finishModule } from "../../kernels/wasm/finish.ts";
import { mapModule, reduceModule } from "../../kernels/wasm/formula_module.ts";
import { int8Module } from "../../kernels/wasm/int8_module.ts";
import type { Int8Method } from "../../kernels/wasm/int8_probe.ts";

const leaves: Readonly<Record<string, (index: number) => Expression>> = {
  element: operand,
  row: perRow,
  column: perColumn,
  parameter,
};

/** The formula of a key, such as `element 0();1();add(0,1)=2`. */
function formulaOf(key: string): Formula {
  const [texts = "", outputs = ""] = key.split("=");
  const steps: Expression[] = [];
  for (const text of texts.split(";")) {
    const [head = "", parts = ""] = text.slice(0, -1).split("(");
    const of = parts === "" ? [] : parts.split(",").map((part) => steps[Number(part)]!);
    const [name = "", index] = head.split(" ");
    const [a, b, then, otherwise] = of as [Expression, Expression, Expression, Expression];
    steps.push(
      index !== undefined
        ? leaves[name]!(Number(index))
        : of.length === 0
        ? expressionOf(Number(name))
        : of.length === 1
        ? unary(name as UnaryFunction, a)
        : of.length === 4
        ? choose(name as Comparison, a, b, then, otherwise)
        : binary(name as BinaryFunction, a, b),
    );
  }
  const made = formula(...outputs.split(",").map((output) => steps[Number(output)]!));
  if (made.key !== key) throw new Error(`${key} was read as ${made.key}`);
  return made;
}

const options = { fused: true, memory: { minimum: 2, maximum: 16, shared: false } } as const;

/** The code of a module as a processor with fused multiply-adds has it; memory is imported, and not a part of its functions. */
export function namedModule(name: string): Uint8Array<ArrayBuffer> {
  const [kind, ...words] = name.split(" ");
  switch (kind) {
    case "copy":
      return copyModule(options.memory);
    case "rows":
      return rowModule(options);
    case "int8":
      return int8Module(words[0] as Int8Method, options.memory);
    case "pointwise":
      return pointwiseModule(words[0] as Pointwise, options);
    case "map":
      return mapModule(formulaOf(words.join(" ")), options);
    case "sum":
    case "max":
      return reduceModule(formulaOf(words.join(" ")), kind satisfies Reduction, options);
    case "finish": {
      const [bias, keepZ, accumulate] = words.splice(-3).map((word) => word === "true");
      const text = words.join(" ");
      return finishModule({
        activation: text.includes("=") ? formulaOf(text) : text as Exclude<Activation, "softmax">,
        bias: bias!,
        keepZ: keepZ!,
        accumulate: accumulate!,
      }, options);
    }
    default:
      throw new Error(`no module of this kind is made here: ${name}`);
  }
}
