/**
 * In which order each kernel adds, as probed from outside (after FPRev, Xie et
 * al., USENIX ATC 2025): each tree of sums drawn once, with the kernels and
 * ways of calling that have it.
 *
 * @module
 */
import type { JSX } from "preact";
import { formatCount } from "../../../common/numbers.ts";
import { formatList } from "../../../common/text.ts";
import { Folded } from "../../sections/folded.tsx";
import { KernelLabel, Table } from "../../sections/table.tsx";
import { round } from "../plot.tsx";
import type {
  ProbedTree,
  SumTree,
  VerificationReport,
} from "../../../results/verification/schema.ts";
import { foldTree, formatTree } from "../../../results/verification/tree.ts";
import { boxHeight, layOutTree, type Leaf, type Node } from "../tree_layout.ts";

/** Sums of so many products are drawn leaf by leaf. */
const mostLeaves = 16;
/** So many sums are drawn at once; the others are folded. */
const mostDrawn = 6;
/** The most characters of a tree as text. */
const longest = 240;

interface Distinct {
  readonly k: number;
  readonly depth: number;
  readonly tree: SumTree;
  readonly text: string;
  /** What adds in this order: kernel, way of calling, columns. */
  readonly users: { readonly kernel: string; readonly path: string; readonly columns: number[] }[];
}

/** The different trees, each with all kernels that have it; the shortest sums first. */
function distinctTrees(report: VerificationReport): Distinct[] {
  const found = new Map<string, Distinct>();
  for (const { kernel, summation } of report.kernels) {
    for (const probe of summation?.trees ?? []) add(found, kernel, probe);
  }
  return [...found.values()].toSorted((a, b) => a.k - b.k);
}

function add(
  found: Map<string, Distinct>,
  kernel: string,
  { path, k, column, depth, tree }: ProbedTree,
) {
  // Sums commute: the folded tree is the same whichever stands left.
  const key = `${k} ${JSON.stringify(foldTree(tree, k))}`;
  const one = found.get(key) ?? { k, depth, tree, text: formatTree(tree, k), users: [] };
  found.set(key, one);
  const user = one.users.find((other) => other.kernel === kernel && other.path === path);
  if (user === undefined) one.users.push({ kernel, path, columns: [column] });
  else user.columns.push(column);
}

/** Claims and probes as a table, then the trees. */
export function Trees({ report }: { report: VerificationReport }): JSX.Element {
  const probed = report.kernels.flatMap(({ kernel, summation }) =>
    summation === null ? [] : [{ kernel, summation }]
  );
  const figures = distinctTrees(report).map((one, i) => (
    <TreeFigure key={i} one={one} id={`tree-${i}`} />
  ));
  return (
    <section aria-labelledby="trees">
      <h2 id="trees">Order of sums</h2>
      {probed.length === 0 ? <p>The order of sums was not probed in this run.</p> : (
        <>
          <p>
            Floating-point sums depend on their order. It is probed from outside: one product is
            very large, another its negative, and the number of ones that are lost between them
            shows where the two meet.
          </p>
          <Table
            id="summation-table"
            caption="How each kernel computes, as probed"
            columns={["kernel", "claims", "probes", "multiply-add", "sums in", "subnormals", "NaN"]
              .map((title) => ({ title, sort: null }))}
          >
            {probed.map(({ kernel, summation }) => (
              <tr key={kernel}>
                <th scope="row">
                  <KernelLabel name={kernel} peer={false} />
                </th>
                <td class="name">{summation.claim}</td>
                <td class={summation.agrees ? "" : "none"}>
                  {summation.agrees ? "agree" : "✗ do not agree"}
                </td>
                <td>{summation.fused ? "rounds once" : "rounds twice"}</td>
                <td>{summation.accumulator}</td>
                <td>{summation.denormals}</td>
                <td>{summation.nan === "propagates" ? "propagates" : "may be lost"}</td>
              </tr>
            ))}
          </Table>
          <p>
            Below, what is added stands above its sum, and a level is one rounding. Brackets are
            sums of their own, taken from the left; (0…47) adds 0 to 47 in turn. Runs of longer sums
            are folded into one box.
          </p>
          <Figures trees={figures.slice(0, mostDrawn)} />
          {figures.length > mostDrawn && (
            <Folded title={`${figures.length - mostDrawn} longer sums`}>
              <Figures trees={figures.slice(mostDrawn)} />
            </Folded>
          )}
        </>
      )}
    </section>
  );
}

function Figures({ trees }: { trees: readonly JSX.Element[] }): JSX.Element {
  return <div class="figures">{trees}</div>;
}

function TreeFigure({ one, id }: { one: Distinct; id: string }): JSX.Element {
  const { k, depth, tree, text, users } = one;
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text;
  const layout = layOutTree(foldTree(tree, k, k > mostLeaves), k, k > mostLeaves);
  const title = `Sum of ${formatCount(k, "product")}, ${formatCount(depth, "addition")} deep`;
  return (
    <figure class="figure tree">
      <figcaption>
        <h3>{title}</h3>
        <p>
          <b>{formatList([...new Set(users.map(({ kernel }) => kernel))])}</b>
        </p>
        <Folded title="The ways of calling it, and the sum as text">
          <p>
            {users.map(({ kernel, path, columns }, i) => (
              <span key={i}>
                {i > 0 && "; "}
                <b>{kernel}</b> {path}, {columns.length === 1 ? "column" : "columns"}{" "}
                {columns.join(", ")}
              </span>
            ))}
          </p>
          <p>
            <code>{short}</code>
          </p>
        </Folded>
      </figcaption>
      {layout === null
        ? <p class="faint">Too irregular to be drawn: verify.json has the whole tree.</p>
        : (
          <div class="scroll" role="region" aria-label={`Picture: ${title}`} tabIndex={0}>
            <svg
              class="plot"
              viewBox={`0 0 ${round(layout.width)} ${round(layout.height)}`}
              width={round(layout.width)}
              height={round(layout.height)}
              role="img"
              aria-labelledby={`${id}-title ${id}-text`}
            >
              <title id={`${id}-title`}>{title}</title>
              <desc id={`${id}-text`}>{`A tree of sums: ${short}`}</desc>
              <Edges node={layout.root} />
              <path
                class="edge"
                d={`M${round(layout.root.x)} ${round(layout.root.y)}v${
                  layout.root.kind === "leaf" ? 24 : 20
                }`}
              />
              <Parts node={layout.root} />
            </svg>
          </div>
        )}
    </figure>
  );
}

/** Straight down from each part to its sum, and along to it. */
function Edges({ node }: { node: Leaf | Node }): JSX.Element | null {
  if (node.kind === "leaf") return null;
  return (
    <>
      {node.children.map((child, i) => (
        <path
          key={i}
          class="edge"
          d={`M${round(child.x)} ${round(child.y)}V${round(node.y)}H${round(node.x)}`}
        />
      ))}
      {node.children.map((child, i) => <Edges key={i} node={child} />)}
    </>
  );
}

function Parts({ node }: { node: Leaf | Node }): JSX.Element {
  if (node.kind === "leaf") {
    const { x, y, width, text, folded } = node;
    return (
      <g>
        <rect
          class={`box${folded ? " folded" : ""}`}
          x={round(x - width / 2)}
          y={round(y - boxHeight / 2)}
          width={round(width)}
          height={boxHeight}
          rx="4"
        />
        <text x={round(x)} y={round(y)} dy="0.34em" text-anchor="middle">{text}</text>
      </g>
    );
  }
  const { x, y, children } = node;
  return (
    <>
      {children.map((child, i) => <Parts key={i} node={child} />)}
      <circle class="plus" cx={round(x)} cy={round(y)} r="7" />
      <path class="cross" d={`M${round(x - 3.5)} ${round(y)}h7M${round(x)} ${round(y - 3.5)}v7`} />
    </>
  );
}
