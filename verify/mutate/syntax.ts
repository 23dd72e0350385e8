/**
 * TypeScript as a tree of nodes with their places in the text. Parsed by Babel,
 * which keeps positions; this file is the only one that knows so.
 *
 * @module
 */
import { parse } from "@babel/parser";

/** A node of the tree (the types of Babel's AST, which are close to ESTree's). */
export interface Node {
  readonly type: string;
  /** Where its text begins and ends. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A node with those that it is in, the nearest first. */
export interface Found {
  readonly node: Node;
  readonly parents: readonly Node[];
  /** The field of the parent that holds it. */
  readonly field: string;
}

/** Whether a value is a node. */
function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null &&
    typeof (value as { readonly type?: unknown }).type === "string" &&
    typeof (value as { readonly start?: unknown }).start === "number";
}

/** The node in a field; null where there is none. */
export function childOf(node: Node, field: string): Node | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The nodes of a list in a field. */
export function childrenOf(node: Node, field: string): Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, or of the property of `object.name`; null for any other node. */
export function nameOf(node: Node | null): string | null {
  if (node?.type === "MemberExpression" && node.computed !== true) {
    return nameOf(childOf(node, "property"));
  }
  return node?.type === "Identifier" && typeof node.name === "string" ? node.name : null;
}

/**
 * The tree of a TypeScript module.
 *
 * @throws {SyntaxError} where the text is none.
 */
export function parseModule(text: string): Node {
  const { program }: { readonly program: unknown } = parse(text, {
    sourceType: "module",
    plugins: ["typescript"],
  });
  if (!isNode(program)) throw new Error("the parser returned no program");
  return program;
}

/** Types are no code, but for these, whose expression is. */
const typesWithCode = new Set([
  "TSNonNullExpression",
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSParameterProperty",
]);

/** All nodes that are code, each before those in it; those that `leaveOut` names are left out with all in them. */
export function* codeOf(root: Node, leaveOut: (node: Node) => boolean): Generator<Found> {
  const open: Found[] = [{ node: root, parents: [], field: "" }];
  for (let found = open.pop(); found; found = open.pop()) {
    const { node, parents } = found;
    if (node.type.startsWith("TS") && !typesWithCode.has(node.type)) continue;
    if (leaveOut(node)) continue;
    yield found;
    const inside: Found[] = [];
    for (const [field, value] of Object.entries(node)) {
      if (/^(?:loc|extra|\w*[cC]omments)$/.test(field)) continue;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) inside.push({ node: child, parents: [node, ...parents], field });
      }
    }
    open.push(...inside.toReversed());
  }
}
