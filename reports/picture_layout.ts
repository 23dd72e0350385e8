/**
 * Where everything in the picture of a Dense layer stands: a pure function of
 * its shape and of how long its labels are, so that it can be tested without
 * looking. All lengths are in units of the picture's own coordinates.
 *
 * @module
 */

/** A place in the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node of a column: its number from 1, or null for the dots that stand for those left out. */
export interface Node extends Point {
  readonly index: number | null;
}

/** A line from an input, or from the bias where `input` is null, to a unit; indices are from 1. */
export interface Edge {
  readonly input: number | null;
  readonly unit: number;
  readonly from: Point;
  readonly to: Point;
}

/** Where the label of an edge stands: its middle, and how far it is turned, in degrees. */
export interface EdgeLabel extends Point {
  readonly edge: Edge;
  readonly angle: number;
}

/** The whole picture. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly inputs: readonly Node[];
  readonly bias: Point;
  readonly units: readonly Node[];
  readonly edges: readonly Edge[];
  readonly labels: readonly EdgeLabel[];
}

/** The width of every picture. */
export const width = 720;
/** The radius of a node. */
export const radius = 25;

const head = 58;
const foot = 26;
const pitch = 98;
const dotsPitch = 58;
const inputX = 104;
const unitX = 456;
/** More nodes than this, and a column shows its first three and its last. */
const most = 5;
/** More edges than this, and only some are labelled. */
const mostLabels = 12;

/** The numbers of the nodes that are drawn of `count`, with null for the dots. */
export function shown(count: number): readonly (number | null)[] {
  return count <= most ? Array.from({ length: count }, (_, i) => i + 1) : [1, 2, 3, null, count];
}

/** The distances of a column's nodes from its first, and its whole height. */
function column(indices: readonly (number | null)[]): { offsets: number[]; height: number } {
  const offsets: number[] = [];
  let at = 0;
  for (const [i, index] of indices.entries()) {
    const beside = index === null || indices[i - 1] === null;
    if (i > 0) at += beside ? dotsPitch : pitch;
    offsets.push(at);
  }
  return { offsets, height: at };
}

/**
 * Lays out a layer of `inputs` and `units`. `labelWidth` says how wide the
 * label of an edge is; the labels of an edge stand along it, where they are
 * farthest from other labels and other edges. Without a bias nothing leads from
 * where it would be.
 */
export function layOut(
  inputs: number,
  units: number,
  labelWidth: (edge: Edge) => number,
  hasBias = true,
): Layout {
  const [left, right] = [shown(inputs), shown(units)];
  const [leftColumn, rightColumn] = [column(left), column(right)];
  // The bias stands below the inputs.
  const leftHeight = leftColumn.height + (hasBias ? pitch : 0);
  const inner = Math.max(leftHeight, rightColumn.height);
  const place = (list: readonly (number | null)[], offsets: number[], x: number, top: number) =>
    list.map((index, i): Node => ({ index, x, y: top + (offsets[i] ?? 0) }));
  const leftTop = head + radius + (inner - leftHeight) / 2;
  const inputNodes = place(left, leftColumn.offsets, inputX, leftTop);
  const bias = { x: inputX, y: leftTop + leftHeight };
  const rightTop = head + radius + (inner - rightColumn.height) / 2;
  const unitNodes = place(right, rightColumn.offsets, unitX, rightTop);
  const edges = unitNodes.flatMap((unit) =>
    unit.index === null ? [] : [
      ...inputNodes.flatMap((input) =>
        input.index === null ? [] : [edge(input.index, input, unit.index ?? 0, unit)]
      ),
      ...(hasBias ? [edge(null, bias, unit.index, unit)] : []),
    ]
  );
  const labelled = edges.length <= mostLabels ? edges : edges.filter((one) =>
    // The first and the last weight, and the first and last bias, show the naming.
    one.input === null
      ? one.unit === 1 || one.unit === units
      : (one.input === 1 && one.unit === 1) || (one.input === inputs && one.unit === units)
  );
  return {
    width,
    height: head + 2 * radius + inner + foot,
    inputs: inputNodes,
    bias,
    units: unitNodes,
    edges,
    labels: placeLabels(labelled, edges, labelWidth),
  };
}

/** An edge between the rims of two nodes. */
function edge(input: number | null, a: Point, unit: number, b: Point): Edge {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [(b.x - a.x) / length * radius, (b.y - a.y) / length * radius];
  return { input, unit, from: { x: a.x + dx, y: a.y + dy }, to: { x: b.x - dx, y: b.y - dy } };
}

/**
 * One label after the other takes the place along its edge that costs least:
 * near other labels is dear, on other edges less so, far from the input a
 * little. Every round may move a label that was placed before others came.
 */
function placeLabels(
  labelled: readonly Edge[],
  edges: readonly Edge[],
  labelWidth: (edge: Edge) => number,
): EdgeLabel[] {
  const spines = new Map<Edge, readonly Point[]>();
  const labels = new Map<Edge, EdgeLabel>();
  for (let round = 0; round < 5; round++) {
    for (const one of labelled) {
      let best = Infinity;
      const others = [...spines].filter(([other]) => other !== one).flatMap(([, spine]) => spine);
      for (let share = 0.16; share <= 0.84; share += 0.02) {
        const at = along(one, share);
        const spine = spineOf(one, at, labelWidth(one));
        const cost = spine.reduce((sum, point) => sum + costAt(point, one, edges, others), 0) +
          8 * Math.abs(share - 0.35);
        if (cost >= best) continue;
        best = cost;
        spines.set(one, spine);
        labels.set(one, { ...at, edge: one, angle: angleOf(one) });
      }
    }
  }
  return [...labels.values()];
}

function costAt(
  point: Point,
  own: Edge,
  edges: readonly Edge[],
  others: readonly Point[],
): number {
  let cost = 0;
  for (const other of others) {
    const gap = 27 - Math.hypot(other.x - point.x, other.y - point.y);
    if (gap > 0) cost += 100 * gap;
  }
  for (const other of edges) {
    const gap = other === own ? 0 : 14 - distance(point, other);
    if (gap > 0) cost += 2 * gap;
  }
  return cost;
}

/** Points along a label's middle line, dense enough that nothing of its height slips between them. */
function spineOf(one: Edge, middle: Point, long: number): readonly Point[] {
  const angle = angleOf(one) * Math.PI / 180;
  const steps = Math.max(2, Math.ceil(long / 10));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const offset = (i / steps - 0.5) * long;
    return { x: middle.x + Math.cos(angle) * offset, y: middle.y + Math.sin(angle) * offset };
  });
}

function along({ from, to }: Edge, share: number): Point {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function angleOf({ from, to }: Edge): number {
  return Math.atan2(to.y - from.y, to.x - from.x) * 180 / Math.PI;
}

/** The distance of a point from a line segment. */
export function distance(point: Point, { from, to }: Pick<Edge, "from" | "to">): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const share = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy);
  const clamped = Math.min(1, Math.max(0, share));
  return Math.hypot(point.x - from.x - clamped * dx, point.y - from.y - clamped * dy);
}
