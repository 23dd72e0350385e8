/**
 * What the page of past runs adds to the style sheet: the lines of its charts.
 *
 * @module
 */

/** Rules to stand behind those of the report. */
export const indexStyle = `
.plot .line path{stroke:currentColor;stroke-width:1.75;fill:none}
.plot .line .full{fill:currentColor;stroke:none}
.plot .line .hollow{fill:var(--ground)}
.plot .best{stroke:currentColor;stroke-width:9;stroke-linejoin:round;opacity:.22;fill:none}
.plot .change{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 3;fill:none}
.panels [data-item]{min-width:0}
@media (forced-colors:active){.plot .best{opacity:.4}}
@media print{.panels [data-item]{break-inside:avoid}}
`.trim().replaceAll(/\n\s*/g, "\n");
