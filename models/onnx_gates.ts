/**
 * Activations that exporters write as several nodes, of which one takes both the
 * data and what was made of them: PyTorch's SiLU, Mish, Hardswish and GELU before
 * ONNX had operators of their own. Each is a row of nodes that follow each other.
 *
 * @module
 */
import { attribute } from "./onnx_node.ts";
import type { Message } from "./protobuf.ts";

/** A node of a graph, before it is known what it is. */
export interface Step {
  readonly message: Message;
  /** Its place in the file. */
  readonly at: number;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  /** Its first result. */
  readonly result: string;
  /** Its other results that have a name. */
  readonly others: readonly string[];
}

/** What stands in the place of an input: the data, the result of the node before, or a number. */
type Operand = "data" | "before" | number;
type Pattern = readonly (readonly [operator: string, ...operands: Operand[]])[];

const gelu = (first: Pattern[0], ...last: Pattern): Pattern => [
  first,
  ["Erf", "before"],
  ["Add", "before", 1],
  ...last,
];
const half = ["Mul", "before", 0.5] as const;
const gated = ["Mul", "data", "before"] as const;

const patterns: readonly (readonly [activation: string, Pattern])[] = [
  ["silu", [["Sigmoid", "before"], gated]],
  ["hard_silu", [["HardSigmoid", "before"], gated]],
  ["mish", [["Softplus", "before"], ["Tanh", "before"], gated]],
  ...[["Div", "before", Math.SQRT2] as const, ["Mul", "before", Math.SQRT1_2] as const]
    .flatMap((first) => [
      ["gelu", gelu(first, gated, half)] as const,
      ["gelu", gelu(first, half, gated)] as const,
    ]),
];

/** Whether a HardSigmoid is that of Hardswish, x/6 + 0.5. */
function isSixth({ message }: Step): boolean {
  const number = (name: string, otherwise: number) =>
    message.messages(5, message.what).find((each) => each.text(attribute.name) === name)
      ?.float(attribute.float, otherwise) ?? otherwise;
  return Math.abs(number("alpha", 0.2) - 1 / 6) < 1e-6 && number("beta", 0.5) === 0.5;
}

/**
 * The activation that the nodes from one on are together, and how many of them; null where
 * they are none.
 *
 * @param data What the first of them takes.
 * @param numberIn A constant that is a single number; null for others, and for what is none.
 */
export function gateAt(
  steps: readonly Step[],
  from: number,
  data: string,
  numberIn: (name: string) => number | null,
): { readonly activation: string; readonly count: number } | null {
  const matches = (pattern: Pattern) => {
    let before = data;
    return pattern.every(([operator, ...operands], i) => {
      const step = steps[from + i];
      if (!step || step.operator !== operator || step.inputs.length !== operands.length) {
        return false;
      }
      if (!["", "ai.onnx"].includes(step.domain) || step.others.length > 0) return false;
      const is = (name: string | undefined, operand: Operand | undefined) => {
        if (name === undefined || operand === undefined) return name === operand;
        if (typeof operand === "string") return name === (operand === "data" ? data : before);
        const value = numberIn(name);
        return value !== null && Math.abs(value - operand) <= 1e-6;
      };
      const [a, b] = step.inputs;
      const [first, second] = operands;
      const inOrder = is(a, first) && is(b, second);
      if (!inOrder && !(operator !== "Div" && is(a, second) && is(b, first))) return false;
      before = step.result;
      return operator !== "HardSigmoid" || isSixth(step);
    });
  };
  const found = patterns.find(([, pattern]) => matches(pattern));
  return found ? { activation: found[0], count: found[1].length } : null;
}
