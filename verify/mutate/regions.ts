/**
 * The regions of a source that may be run or not: bodies of functions, branches
 * of statements and expressions, cases of a switch; and the source with a probe
 * in each, by which it is seen which test case reaches which mutation.
 * Method: selection of tests by coverage, as in PIT (Coles et al., ISSTA 2016).
 *
 * @module
 */
import type { Edit } from "./edit.ts";
import { childOf, childrenOf, codeOf, type Node, parseModule } from "./syntax.ts";

/** Whether a file gets probes: text of workers is code of others. */
export function isProbed(path: string): boolean {
  return path.startsWith("kernels/") && path.endsWith(".ts") && !path.endsWith("_text.ts");
}

/** A region: where its code begins and ends. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

interface Probed extends Region {
  /** What is put before and behind which place, so that the probe runs where the region does. */
  readonly at: number;
  readonly before: (probe: string) => string;
  readonly until: number;
  readonly behind: string;
}

const range = ({ start, end }: Node): Region => ({ start, end });

/** A statement, or the value of an expression. */
function wrapped(node: Node, isStatement: boolean, region: Region = range(node)): Probed {
  const [at, until] = [node.start, node.end];
  if (node.type === "BlockStatement") {
    return { ...region, at: at + 1, before: (probe) => `${probe};`, until: at + 1, behind: "" };
  }
  return isStatement
    ? { ...region, at, before: (probe) => `{${probe};`, until, behind: "}" }
    : { ...region, at, before: (probe) => `(${probe},`, until, behind: ")" };
}

/** The regions that a node makes of what is in it. */
function regionsIn(node: Node): Probed[] {
  const inside = (fields: readonly string[], isStatement: boolean) =>
    fields.flatMap((field) => {
      const child = childOf(node, field);
      return child ? [wrapped(child, isStatement)] : [];
    });
  if (/^(?:Function|ArrowFunction|ClassMethod|ClassPrivateMethod|ObjectMethod)/.test(node.type)) {
    const body = childOf(node, "body");
    // Defaults of parameters are evaluated when it is called.
    return body ? [wrapped(body, false, range(node))] : [];
  }
  if (/^(?:If|While|DoWhile|For\w*)Statement$/.test(node.type)) {
    return inside(["consequent", "alternate", "body"], true);
  }
  if (node.type === "ConditionalExpression") return inside(["consequent", "alternate"], false);
  if (node.type === "LogicalExpression") return inside(["right"], false);
  if (node.type === "AssignmentExpression" && /^(?:\?\?|\|\||&&)=$/.test(String(node.operator))) {
    return inside(["right"], false);
  }
  const [first, last] = [0, -1].map((i) => childrenOf(node, "consequent").at(i));
  if (node.type !== "SwitchCase" || !first || !last) return [];
  const { start } = first;
  const { end } = last;
  return [{ start, end, at: start, before: (probe) => `${probe};`, until: start, behind: "" }];
}

function probedOf(text: string): Probed[] {
  const found = [...codeOf(parseModule(text), () => false)];
  return found.flatMap(({ node }) => regionsIn(node));
}

/** All regions of a source, each before those in it. */
export function regionsOf(text: string): Region[] {
  return probedOf(text).map(({ start, end }) => ({ start, end }));
}

/** The source with the probe of each of its regions, by its number among them. */
export function withProbes(text: string, probeOf: (region: number) => string): string {
  const opening: { readonly at: number; readonly text: string }[] = [];
  const closing: { readonly at: number; readonly text: string }[] = [];
  for (const [i, { at, before, until, behind }] of probedOf(text).entries()) {
    opening.push({ at, text: before(probeOf(i)) });
    if (behind !== "") closing.push({ at: until, text: behind });
  }
  // Of several at one place the outer region is opened first and closed last.
  const all = [...closing.toReversed(), ...opening].toSorted((a, b) => a.at - b.at);
  let made = "";
  let done = 0;
  for (const { at, text: put } of all) {
    made += text.slice(done, at) + put;
    done = at;
  }
  return made + text.slice(done);
}

/** The innermost region that holds an edit, by its number; null where the code is run as the module is loaded. */
export function regionOf(
  regions: readonly Region[],
  { start, end }: Pick<Edit, "start" | "end">,
): number | null {
  const found = regions.findLastIndex((one) => one.start <= start && end <= one.end);
  return found < 0 ? null : found;
}
