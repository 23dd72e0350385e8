/**
 * What the verification page's style sheet has besides the report's: outcomes,
 * static plots, the matrix of mutants, trees.
 *
 * @module
 */

/** The rules, to stand behind those of `styleSheet`. */
export function verificationStyle(): string {
  return `
.answer.pass{border-left-color:var(--good)}
.answer.fail{border-left-color:var(--bad)}
.first .badge{margin:0 .4rem 0 0}
.outcomes{
  display:grid;grid-template-columns:repeat(auto-fill,minmax(min(13rem,100%),1fr));gap:.6rem;
  list-style:none;margin:1rem 0;padding:0
}
.outcomes li{
  padding:.5rem .8rem;border:1px solid currentColor;border-left-width:5px;border-radius:.4rem
}
.outcomes .good{color:var(--good);background:var(--good-ground)}
.outcomes .bad{color:var(--bad);background:var(--bad-ground)}
.outcomes .warn{color:var(--warn);background:var(--warn-ground);border-style:dashed;border-left-style:solid}
.outcomes .kernel{display:block;font-weight:650;color:var(--ink)}
.outcomes .detail{color:var(--ink)}
.cases{margin-top:1.4rem}
.case{margin:.8rem 0;padding:.3rem 1rem;border-left:4px solid var(--bad);background:var(--raised);border-radius:.3rem}
.case.warn{border-left-color:var(--warn)}
.case pre{background:var(--ground);margin:.5rem 0 .6rem}
.sign{font-weight:700}
.sign.good,.sign.killed{color:var(--good)}
.sign.bad{color:var(--bad)}
.sign.warn,.warning{color:var(--warn)}
.detail.warning{font-weight:600}
.broken,.alarmed{color:var(--bad);font-weight:600}
.alarmed{display:block;font-size:.89em}
.plain{list-style:none;padding-left:0}
.next{margin-top:2rem}
.faint{color:var(--faint)}
.slim{min-width:7rem}
.slim b{white-space:nowrap}
.verdict .detail{max-width:26rem;overflow-wrap:anywhere}
th.wide{min-width:13rem;max-width:20rem}
.plot .small{font-size:9.5px}
.plot .grid.strong{stroke:var(--border);stroke-dasharray:1 3}
.plot path.guide{stroke:var(--faint);stroke-dasharray:5 3;fill:none}
.plot text.guide{fill:var(--faint)}
.plot path.limit{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:8 3;fill:none}
.plot text.limit{fill:var(--ink)}
.plot .depth{stroke:currentColor;stroke-width:1.5;stroke-dasharray:1.5 3;fill:none}
.plot .line path{stroke:currentColor;stroke-width:1.75;fill:none}
.plot .line .full{fill:currentColor;stroke:none}
.plot .steps{stroke:currentColor;stroke-width:1.4;fill:none}
.plot .dot,.plot .bar{fill:currentColor}
.plot .edge{stroke:var(--border);stroke-width:1.4;fill:none}
.plot .box{fill:var(--raised);stroke:var(--border)}
.plot .folded{fill:var(--warn-ground);stroke:var(--warn)}
.plot .plus{fill:var(--ground);stroke:var(--link);stroke-width:1.5}
.plot .cross{stroke:var(--link);stroke-width:1.5}
.tree code{overflow-wrap:anywhere}
.tree .scroll{margin-top:.5rem}
.tree svg{display:block}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--link);min-height:1.6rem;width:fit-content}
#mutants-table td,#mutants-table th{padding:.25rem .45rem}
#mutants-table .cell{text-align:center;vertical-align:middle}
#mutants-table thead th{min-width:0}
.upright{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;max-height:11rem;overflow:hidden;text-overflow:ellipsis}
.cell .sign,.key .sign{display:inline-block;min-width:1.5rem;line-height:1.4rem;border:2px solid transparent;border-radius:.25rem;text-align:center}
.sign.killed{background:var(--good-ground)}
.sign.survived,.sign.idle{color:var(--faint);font-weight:400}
.sign.named{border-color:var(--ink)}
.sign.missed{color:var(--bad-ground);background:var(--bad);border-color:var(--bad)}
.alarm>*{background:var(--bad-ground)!important}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.cell,.key li{position:relative}
#activations-table td{padding-top:.25rem;padding-bottom:.25rem}
@media print{
  .outcomes li,.case,.panel,.tree{break-inside:avoid}
  details::details-content{content-visibility:visible;display:block;height:auto}
  .panels{grid-template-columns:repeat(3,1fr)}
  .tree svg{max-width:100%;height:auto}
}
`.trim().replaceAll(/\n\s*/g, "\n");
}
