/**
 * What the calibration page's style sheet has besides the report's.
 *
 * @module
 */

/** The rules, to stand behind those of `styleSheet`. */
export function calibrationStyle(): string {
  return `
.intervals{display:block;max-width:100%;height:auto;min-width:34rem}
.plot .whisker{stroke:currentColor;stroke-width:2;fill:none}
.plot .share{fill:currentColor}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--link);min-height:1.6rem;width:fit-content}
@media print{
  figure{break-inside:avoid}
  details::details-content{content-visibility:visible;display:block;height:auto}
}
`.trim().replaceAll(/\n\s*/g, "\n");
}
