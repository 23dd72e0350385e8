/**
 * The mutations of a source by operators: at every place where one applies,
 * every change that it makes there. The operators are those of Mothra (King &
 * Offutt, Software: Practice and Experience 21, 1991: statement deletion,
 * operator, constant and variable replacement) with those that concern this
 * code's own interfaces, such as instructions and dimensions.
 *
 * @module
 */
import type { Edit } from "./edit.ts";
import {
  childOf,
  childrenOf,
  codeOf,
  type Found,
  nameOf,
  type Node,
  parseModule,
} from "./syntax.ts";
import { constantsFor, nameGroups, operatorsFor, siblings } from "./replacements.ts";

/** Texts of errors are no arithmetic: the contract asks for their class alone. Imports are no code. */
function isLeftOut(node: Node): boolean {
  if (/^(?:Import|Export(?:All|Named)?)\w*Declaration$/.test(node.type)) {
    return childOf(node, "declaration") === null;
  }
  return (node.type === "NewExpression" && /Error$/.test(nameOf(childOf(node, "callee")) ?? "")) ||
    node.type === "TemplateLiteral";
}

const functions = /^(?:Function|ArrowFunction|ClassMethod|ClassPrivateMethod|ObjectMethod)/;

const deletable = new Set([
  "ExpressionStatement",
  "IfStatement",
  "ForStatement",
  "ForOfStatement",
  "WhileStatement",
  "BreakStatement",
  "ContinueStatement",
  "ThrowStatement",
]);

type Operator = (found: Found, text: string) => Edit[];

const textOf = (text: string, { start, end }: Node) => text.slice(start, end);

const deleteStatement: Operator = ({ node }) =>
  deletable.has(node.type)
    ? [{ operator: "delete statement", start: node.start, end: node.end, to: ";" }]
    : [];

/** In generated code a statement is an element of a list. */
const deleteElement: Operator = ({ node, parents: [list], field }) =>
  list?.type === "ArrayExpression" && field === "elements" &&
    ["CallExpression", "SpreadElement"].includes(node.type)
    ? [{ operator: "delete element", start: node.start, end: node.end, to: "...[]" }]
    : [];

const replaceOperator: Operator = ({ node }, text) => {
  const sign = node.operator;
  if (typeof sign !== "string" || sign === "!" || sign === "-" && node.type === "UnaryExpression") {
    return [];
  }
  const [left, right] = [childOf(node, "left"), childOf(node, "right")];
  const [from, to] = node.type === "UpdateExpression"
    ? [node.start, node.end]
    : left && right
    ? [left.end, right.start]
    : [0, 0];
  const at = text.slice(from, to).indexOf(sign) + from;
  if (at < from || from === to) return [];
  return operatorsFor(sign).map((other) => ({
    operator: "replace operator",
    start: at,
    end: at + sign.length,
    to: other,
  }));
};

const changeConstant: Operator = ({ node, parents: [parent], field }, text) => {
  const { start, end } = node;
  const edit = (to: string): Edit => ({ operator: "change constant", start, end, to });
  if (node.type === "BooleanLiteral") return [edit(String(node.value !== true))];
  if (node.type !== "NumericLiteral" || (field === "key" && parent?.computed !== true)) return [];
  // Behind a dot or a minus the new constant must stay one.
  return constantsFor(Number(node.value)).map((value) =>
    edit(value < 0 ? `(${value})` : `${value}`)
  )
    .filter(({ to }) => to !== textOf(text, node));
};

const negateCondition: Operator = ({ node }, text) => {
  if (!/^(?:If|While|For)Statement$|^ConditionalExpression$/.test(node.type)) return [];
  const test = childOf(node, "test");
  if (!test) return [];
  const { start, end } = test;
  return [{ operator: "negate condition", start, end, to: `!(${textOf(text, test)})` }];
};

const returnEarly: Operator = ({ node }) => {
  const body = functions.test(node.type) ? childOf(node, "body") : null;
  const statements = body?.type === "BlockStatement" ? childrenOf(body, "body") : [];
  // A constructor must call super first, and return nothing; others end before their last statement.
  const last = statements.at(-1);
  if (!last || node.kind === "constructor" || last.type === "ReturnStatement") return [];
  return [{ operator: "return early", start: last.start, end: last.start, to: "return; " }];
};

const swapArguments: Operator = ({ node }, text) => {
  if (node.type !== "CallExpression" && node.type !== "NewExpression") return [];
  const args = childrenOf(node, "arguments");
  return args.slice(1).flatMap((second, i): Edit[] => {
    const first = args[i]!;
    const [a, b] = [textOf(text, first), textOf(text, second)];
    if (a === b || first.type === "SpreadElement" || second.type === "SpreadElement") return [];
    const between = text.slice(first.end, second.start);
    return [{
      operator: "swap arguments",
      start: first.start,
      end: second.end,
      to: `${b}${between}${a}`,
    }];
  });
};

const swapBranches: Operator = ({ node }, text) => {
  if (node.type !== "ConditionalExpression") return [];
  // Negating its condition is the same; each branch for both is not.
  const [yes, no] = [childOf(node, "consequent"), childOf(node, "alternate")];
  if (!yes || !no) return [];
  return [yes, no].map((branch) => ({
    operator: "swap branches",
    start: node.start,
    end: node.end,
    to: `(${textOf(text, branch)})`,
  }));
};

const removeAwait: Operator = ({ node }, text) => {
  const inner = node.type === "AwaitExpression" ? childOf(node, "argument") : null;
  if (!inner) return [];
  return [{
    operator: "remove await",
    start: node.start,
    end: node.end,
    to: `(${textOf(text, inner)})`,
  }];
};

/** f(x) becomes x. */
const removeCall: Operator = ({ node, parents: [parent] }, text) => {
  if (node.type !== "CallExpression" || parent?.type === "ExpressionStatement") return [];
  const args = childrenOf(node, "arguments");
  const [only] = args;
  if (!only || args.length > 1 || functions.test(only.type)) return [];
  return [{
    operator: "remove call",
    start: node.start,
    end: node.end,
    to: `(${textOf(text, only)})`,
  }];
};

const removeNegation: Operator = ({ node }, text) => {
  const inner = node.type === "UnaryExpression" && (node.operator === "!" || node.operator === "-")
    ? childOf(node, "argument")
    : null;
  if (!inner) return [];
  return [{
    operator: "remove negation",
    start: node.start,
    end: node.end,
    to: `(${textOf(text, inner)})`,
  }];
};

/** Where an identifier is read or called, and is not declared or a key. */
function isUse({ node, parents: [parent], field }: Found): boolean {
  if (!parent || field === "id" || field === "params" || field === "label") return false;
  if (parent.type === "ObjectProperty") return field === "value" && parent.shorthand !== true;
  if (field === "key") return false;
  if (/Pattern$/.test(parent.type)) return false;
  return node.type === "Identifier";
}

/** One dimension for another, where the function knows both. */
const replaceName: Operator = (found, text) => {
  const { node, parents } = found;
  const name = nameOf(node);
  if (node.type !== "Identifier" || name === null || !isUse(found)) return [];
  const scope = parents.find(({ type }) => functions.test(type)) ?? null;
  const around = scope ? textOf(text, scope) : text;
  return (nameGroups.find((group) => group.includes(name)) ?? []).filter((other) =>
    other !== name && new RegExp(`\\b${other}\\b`).test(around)
  ).map((to) => ({ operator: "replace name", start: node.start, end: node.end, to }));
};

/** One function or instruction for a sibling of the same operands. */
const replaceFunction: Operator = ({ node }) => {
  if (node.type !== "CallExpression") return [];
  const callee = childOf(node, "callee");
  const property = callee?.type === "MemberExpression" ? childOf(callee, "property") : callee;
  const name = nameOf(property);
  if (!property || name === null) return [];
  const object = callee?.type === "MemberExpression" ? nameOf(childOf(callee, "object")) : null;
  return siblings(object, name).map((to) => ({
    operator: "replace function",
    start: property.start,
    end: property.end,
    to,
  }));
};

const operators: readonly Operator[] = [
  deleteStatement,
  deleteElement,
  replaceOperator,
  changeConstant,
  negateCondition,
  returnEarly,
  swapArguments,
  swapBranches,
  removeAwait,
  removeCall,
  removeNegation,
  replaceName,
  replaceFunction,
];

/** All mutations of a module, in the order of their places; each changes the text. */
export function editsOf(text: string): Edit[] {
  const edits: Edit[] = [];
  for (const found of codeOf(parseModule(text), isLeftOut)) {
    for (const operator of operators) edits.push(...operator(found, text));
  }
  return edits.filter(({ start, end, to }) => text.slice(start, end) !== to).toSorted((a, b) =>
    a.start - b.start
  );
}
