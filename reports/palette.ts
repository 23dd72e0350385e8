/**
 * How kernels look in charts: colours after Okabe and Ito, distinguishable
 * with any kind of colour vision, darkened or lightened until each has a
 * contrast of 3:1 or more with its theme's background; and, because colour
 * must not be the only difference, a shape and a dash for each.
 *
 * @module
 */

/** The colours of a theme, as CSS colours. */
export interface Theme {
  /** Behind the text and the charts. */
  readonly ground: string;
  /** Behind cards, table heads and code. */
  readonly raised: string;
  readonly ink: string;
  /** Text of less weight. */
  readonly faint: string;
  readonly line: string;
  /** Borders of controls, which must be seen: 3:1. */
  readonly border: string;
  readonly link: string;
  readonly good: string;
  readonly goodGround: string;
  readonly bad: string;
  readonly badGround: string;
  readonly warn: string;
  readonly warnGround: string;
  readonly series: readonly string[];
}

/** Dark on light. */
export const light: Theme = {
  ground: "#ffffff",
  raised: "#f5f7fa",
  ink: "#17202c",
  faint: "#526071",
  line: "#dbe1e9",
  border: "#7b8797",
  link: "#0b5cad",
  good: "#0b6b3c",
  goodGround: "#e5f5ec",
  bad: "#b3201a",
  badGround: "#fdecea",
  warn: "#7a4f00",
  warnGround: "#fdf3dc",
  series: [
    "#0072b2",
    "#d55e00",
    "#00805d",
    "#b04f8c",
    "#9a6a00",
    "#2b83b8",
    "#5b5b5b",
    "#6b4fc0",
  ],
};

/** Light on dark. */
export const dark: Theme = {
  ground: "#12161c",
  raised: "#1b212a",
  ink: "#e8edf3",
  faint: "#a7b3c2",
  line: "#303946",
  border: "#7d8a9b",
  link: "#7cb8ff",
  good: "#7bdca6",
  goodGround: "#143324",
  bad: "#ff9d94",
  badGround: "#431d1b",
  warn: "#f4c766",
  warnGround: "#3a2d10",
  series: [
    "#56b4e9",
    "#ff8a3d",
    "#2fc79a",
    "#e58cc0",
    "#e6b022",
    "#9ad0f5",
    "#b9bfc9",
    "#ae9bff",
  ],
};

/** A colour between two, as CSS has them: `share` of the first. */
export function mixed(first: string, second: string, share: number): string {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [first, second].map((color) => parseInt(color.slice(at, at + 2), 16));
    return Math.round(share * a! + (1 - share) * b!).toString(16).padStart(2, "0");
  });
  return `#${channels.join("")}`;
}

// The steps of the matrix end at these factors to the best; beyond the last there is no colour.
const factorSteps = [1, 1.1, 1.5, 2.5, 5] as const;
const shares = [0.5, 0.36, 0.25, 0.16, 0.08] as const;

/** The grounds of the matrix's cells, from the fastest on; text in the theme's ink is readable on each. */
export function factorColors({ ground, series: [accent = ground] }: Theme): readonly string[] {
  return [...shares.map((share) => mixed(accent, ground, share)), ground];
}

/** Which of {@linkcode factorColors} a factor to the best gets. */
export function factorStep(factor: number): number {
  const step = factorSteps.findIndex((end) => factor <= end);
  return step < 0 ? factorSteps.length : step;
}

/** The marker of a series, in Chart.js's names; `rotation` in degrees. */
export interface Marker {
  readonly shape: "circle" | "rect" | "triangle" | "rectRot" | "cross" | "crossRot" | "star";
  readonly rotation: number;
}

const markers: readonly Marker[] = [
  { shape: "circle", rotation: 0 },
  { shape: "rect", rotation: 0 },
  { shape: "triangle", rotation: 0 },
  { shape: "rectRot", rotation: 0 },
  { shape: "triangle", rotation: 180 },
  { shape: "crossRot", rotation: 0 },
  { shape: "cross", rotation: 0 },
  { shape: "star", rotation: 0 },
];

const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [14, 4]];

/** How the series at `index` is drawn. */
export interface SeriesStyle {
  /** Which of the theme's series colours: the CSS variable --s0, --s1 and so on. */
  readonly color: number;
  readonly marker: Marker;
  readonly dash: readonly number[];
}

/** The look of the series at `index`: the first eight differ in colour and shape, more in the pairing of the two. */
export function seriesStyle(index: number): SeriesStyle {
  const lap = Math.floor(index / light.series.length);
  const marker = markers[(index + 3 * lap) % markers.length];
  const dash = dashes[index % dashes.length];
  if (marker === undefined || dash === undefined) throw new RangeError(`no series ${index}`);
  return { color: index % light.series.length, marker, dash };
}

/** The outline of a marker around (0, 0), about `size` wide, as the d of an SVG path. */
export function markerPath({ shape }: Marker, size: number): string {
  const r = size / 2;
  const d = r * Math.SQRT1_2;
  switch (shape) {
    case "circle":
      return `M${-r} 0a${r} ${r} 0 1 0 ${size} 0a${r} ${r} 0 1 0 ${-size} 0Z`;
    case "rect":
      return `M${-d} ${-d}H${d}V${d}H${-d}Z`;
    case "rectRot":
      return `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z`;
    case "triangle":
      return `M0 ${-r}L${r * 0.866} ${r / 2}H${-r * 0.866}Z`;
    case "cross":
      return `M0 ${-r}V${r}M${-r} 0H${r}`;
    case "crossRot":
      return `M${-d} ${-d}L${d} ${d}M${-d} ${d}L${d} ${-d}`;
    case "star":
      return `M0 ${-r}V${r}M${-r} 0H${r}M${-d} ${-d}L${d} ${d}M${-d} ${d}L${d} ${-d}`;
  }
}
