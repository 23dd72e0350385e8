/**
 * What pages that compare runs add to the style sheet: the grounds of verdicts,
 * and the place that takes files.
 *
 * @module
 */

/** Rules to stand behind those of the report. */
export const comparisonStyle = `
.verdicts td{border:1px solid var(--ground);min-width:5.5rem}
.verdicts thead .title{max-width:9rem}
.gain{background:var(--good-ground);color:var(--good)}
.loss{background:var(--bad-ground);color:var(--bad)}
.gain .detail,.loss .detail{color:inherit}
.chart h4{margin:0;font-size:1rem}
.runs td{max-width:26rem}
.drop{padding:.8rem 1rem;border:2px dashed var(--border);border-radius:.6rem}
.drop.over{border-color:var(--link);background:var(--raised)}
.drop input{font:inherit;max-width:100%}
@media (forced-colors:active){.gain,.loss{outline:2px solid CanvasText;outline-offset:-3px}}
@media print{.drop{display:none}}
`.trim().replaceAll(/\n\s*/g, "\n");
