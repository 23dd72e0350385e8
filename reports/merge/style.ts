/**
 * What the merged report adds to the style sheet: where one machine's columns
 * end and the next one's start, and what is folded.
 *
 * @module
 */

/** Rules to stand behind those of the report. */
export const mergedStyle = `
table.merged colgroup+colgroup{border-left:2px solid var(--border)}
tr.groups th{min-width:9rem;border-bottom:1px solid var(--line);vertical-align:top}
tr.groups td{background:var(--raised);border-bottom:1px solid var(--line)}
tr.groups .title{position:sticky;left:.7rem;max-width:20rem}
@media (min-width:48rem){
  table.merged tr>:first-child{position:sticky;left:0;z-index:1;min-width:10rem;max-width:10rem}
  tr.groups .title{left:10.7rem}
}
.missing{color:var(--faint);font-size:.89em;white-space:normal}
@media print{
  table.merged tr>:first-child,tr.groups .title{position:static}
}
h3.part{margin:1.6rem 0 .4rem}
`.trim().replaceAll(/\n\s*/g, "\n");
