/**
 * What the merged report adds to the style sheet: where one machine's columns
 * end and the next one's begin, and what is folded away.
 *
 * @module
 */

/** Rules to stand behind those of the report. */
export const mergedStyle = `
table.merged colgroup+colgroup{border-left:2px solid var(--border)}
tr.groups th{min-width:9rem;border-bottom:1px solid var(--line);vertical-align:top}
tr.groups td{background:var(--raised);border-bottom:1px solid var(--line)}
tr.groups .title{max-width:20rem}
.missing{color:var(--faint);font-size:.89em;white-space:normal}
details{margin:.6rem 0}
summary{min-height:1.6rem;padding:.15rem 0;cursor:pointer;color:var(--link);font-weight:600}
h3.part{margin:1.6rem 0 .4rem}
`.trim().replaceAll(/\n\s*/g, "\n");
