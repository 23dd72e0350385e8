/**
 * The style sheet of the report: readable without colour, in the dark, on
 * paper, at 320 pixels, with large text, and with the keyboard alone.
 *
 * @module
 */
import { dark, factorColors, light, type Theme } from "./palette.ts";

/** Rows of the matrix that stand on the first screen of a phone; a switch shows the others. */
export const rowsOnPhone = 6;

/** Rows of it that stand on any screen at first. */
export const mostRows = 20;

function variables(theme: Theme): string {
  const { series, ...colors } = theme;
  return [
    ...Object.entries(colors).map(([name, color]) =>
      `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${color};`
    ),
    ...series.map((color, i) => `--s${i}:${color};`),
    ...factorColors(theme).map((color, i) => `--q${i}:${color};`),
  ].join("");
}

/** The whole style sheet. */
export function styleSheet(): string {
  return `
:root{color-scheme:light dark;${variables(light)}--card:#ffffff}
@media screen and (prefers-color-scheme:dark){
  :root:not([data-theme=light]){${variables(dark)}--card:#171d25}
}
:root[data-theme=light]{color-scheme:light}
@media (forced-colors:active){
  :root{--ink:CanvasText;--faint:CanvasText;--ground:Canvas;--line:CanvasText}
  .tie,.level{outline:1.5px dashed CanvasText;outline-offset:-3px}
}
@media (prefers-contrast:more){
  :root{--faint:var(--ink);--line:var(--border)}
}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{
  margin:0;background:var(--ground);color:var(--ink);
  font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
  overflow-wrap:anywhere
}
.page{max-width:76rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem) 4rem}
.page.wide{max-width:84rem}
h1,h2,h3{line-height:1.2;text-wrap:balance}
h1{font-size:clamp(1.35rem,1rem + 1.4vw,2rem);letter-spacing:-.015em;margin:.1rem 0 .5rem}
h2{font-size:1.5rem;letter-spacing:-.01em;margin:0 0 .6rem}
h3{font-size:1.1rem;margin:0}
section{margin-top:2.2rem;padding-top:1.5rem;border-top:1px solid var(--line)}
p,dd,li{max-width:46rem}
p{margin:.5rem 0}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{
  position:absolute;left:1rem;top:-5rem;padding:.6rem 1rem;z-index:1;
  background:var(--ground);border:2px solid var(--link);border-radius:.4rem
}
.skip:focus{top:.6rem}
header{padding-top:1.4rem}
.kicker{
  margin:0;color:var(--faint);font-size:.82rem;font-weight:650;
  letter-spacing:.08em;text-transform:uppercase
}
.run{color:var(--faint);max-width:none;margin:.2rem 0}
.answer{
  margin:1.4rem 0 1rem;padding:1.1rem 1.4rem;background:var(--raised);
  border:1px solid var(--line);border-left:5px solid var(--s0);border-radius:.6rem
}
.answer p{max-width:58rem}
.answer .first{font-size:1.25rem;line-height:1.4;font-weight:600;text-wrap:pretty}
.badge,.tag{display:inline-block;border-radius:1rem;font-weight:600}
.badge{padding:.25rem .8rem;margin-top:.3rem;border:1px solid currentColor}
.badge.good{color:var(--good);background:var(--good-ground)}
.badge.bad{color:var(--bad);background:var(--bad-ground)}
.tag{
  padding:0 .5rem;font-size:.8em;line-height:1.5;color:var(--faint);
  border:1px solid var(--border);white-space:nowrap
}
.tag.warn{color:var(--warn);background:var(--warn-ground)}
.noise{max-width:58rem;font-weight:600}
.note{
  padding:.5rem .9rem;color:var(--warn);background:var(--warn-ground);
  border-left:4px solid currentColor;border-radius:.3rem
}
.chips{display:flex;flex-wrap:wrap;gap:.4rem .6rem;list-style:none;margin:.6rem 0;padding:0}
.chips a,.chips .plain{
  display:inline-block;padding:.2rem .8rem;border:1px solid currentColor;border-radius:1rem;
  font-weight:600;font-size:.92rem;text-decoration:none;color:var(--ink);background:var(--raised)
}
.chips a:hover{text-decoration:underline}
.chips a.good{color:var(--good);background:var(--good-ground)}
.chips a.bad{color:var(--bad);background:var(--bad-ground)}
.chips a.warn{color:var(--warn);background:var(--warn-ground)}
.matrix{margin:.5rem 0 0}
#matrix{font-size:.86rem;line-height:1.3}
#matrix td,#matrix th{padding:.2rem .45rem}
#matrix td{
  border:1px solid var(--ground);min-width:4.2rem;text-align:right;white-space:nowrap;font-weight:600
}
#matrix td i{display:block;font-style:normal;font-weight:400;font-size:.89em}
.compact td{text-align:right;white-space:nowrap}
.compact td:first-of-type{text-align:left}
.compact thead th:nth-child(n+3){text-align:right}
#matrix thead th{vertical-align:bottom;min-width:4.2rem}
#matrix thead .title{max-width:8rem}
#matrix thead .engine{display:block;font-weight:400;white-space:nowrap}
#matrix thead .swatch{display:block;margin-left:auto}
#matrix tbody th{min-width:8rem}
${factorColors(light).map((_, i) => `.q${i}{background:var(--q${i})}`).join("")}
@media screen{.tie{
  background-image:repeating-linear-gradient(135deg,transparent 0 6px,var(--q1) 6px 7px)
}
.q1.tie{background-image:repeating-linear-gradient(135deg,transparent 0 6px,var(--q3) 6px 7px)}}
.winners td,.winners th{padding:.35rem .7rem;border:1px solid var(--ground)}
.winners td .title,.winners td .detail{display:block;color:inherit}
${
    light.series.map((_, i) =>
      `.w${i}{background-color:color-mix(in srgb,var(--s${i}) 26%,var(--ground))}`
    )
      .join("")
  }
.level{
  background-image:repeating-linear-gradient(135deg,transparent 0 6px,var(--line) 6px 7px)
}
.more{display:none}
@media screen{
  .long .more{display:block;margin:.4rem 0}
  .long .more:has(:not(:checked))+.scroll tbody tr:nth-child(n+${mostRows + 1}){display:none}
}
@media screen and (max-width:40rem){
  .legend[data-kernels]{flex-wrap:nowrap;overflow-x:auto;padding:.2rem}
  .legend[data-kernels] button{flex:none;max-width:16rem}
}
@media screen and (max-width:40rem){
  .more{display:block;margin:.4rem 0}
  .more:has(:not(:checked))+.scroll tbody tr:nth-child(n+${rowsOnPhone + 1}){display:none}
  #matrix td,#matrix th{padding:.2rem .35rem;min-width:0}
  #matrix thead .title{max-width:6rem}
  #matrix tbody th{min-width:5.5rem;max-width:8rem;overflow-wrap:anywhere;position:sticky;left:0;z-index:1;background:var(--ground)}
}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;margin:.8rem 0 0;padding:0}
nav a{display:inline-block;min-height:1.6rem}
.formula{font-family:ui-serif,Georgia,"Times New Roman",serif;font-style:italic;white-space:nowrap}
figure{margin:1.2rem 0}
figcaption{color:var(--faint);font-size:.92rem;margin-top:.5rem}
.pictures{display:flex;flex-wrap:wrap;gap:1.2rem 1.6rem}
.pictures figure{flex:1 1 27rem;min-width:0;margin:.6rem 0}
.pictures svg{
  display:block;width:100%;height:auto;border:1px solid var(--line);border-radius:.75rem
}
@media screen and (prefers-color-scheme:dark){
  .dense .card{fill:var(--card)}
  .dense text{fill:var(--ink)}
  .dense path.weight{stroke:#5d7188}
  .dense path.bias,.dense .bias circle{stroke:#ff7b72}
  .dense .bias text{fill:#ff9d94}
  .dense .bias circle{fill:#43201f}
  .dense .input circle{fill:#1b344d;stroke:#6db0ee}
  .dense .unit circle{fill:#17382a;stroke:#5cc795}
  .dense .output path:first-child{stroke:var(--faint)}
  .dense .output path:nth-child(2),.dense .dots{fill:var(--faint)}
  .dense .output rect{fill:var(--card);stroke:var(--faint)}
}
.sum{display:block;color:var(--ink);font-family:ui-serif,Georgia,"Times New Roman",serif}
.sum sub{line-height:0;font-size:.75em}
.figure{margin:1.2rem 0 1.6rem}
.figure figcaption{margin:0}
.figure h3{color:var(--ink)}
.figure figcaption p{margin:.2rem 0 .6rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(32rem,100%),1fr));gap:0 2rem}
.chart{margin:.8rem 0;min-width:0;position:relative}
.chart figcaption{margin:0 0 .3rem;display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:center}
.chart figcaption h3,.chart figcaption h4{color:var(--ink)}
.chart figcaption p{flex:1 0 100%;margin:0;max-width:none}
.canvas{position:relative;min-width:0}
.canvas canvas{display:block;max-width:100%;touch-action:pan-y}
details.row summary{color:inherit;min-height:0;padding:0}
details.row[open]{width:min(34rem,70vw)}
.row dl{margin:.4rem 0;font-weight:400;font-size:.92em;white-space:normal}
.row dt{color:var(--faint);margin-top:.3rem}
.row dd{margin:0;max-width:none}
.brush{position:absolute;top:0;bottom:0;background:var(--link);opacity:.2;pointer-events:none}
.controls input.second{width:6.5rem}
.without{position:sticky;top:0;z-index:2}
.empty{color:var(--faint);font-style:italic}
.unseen{
  position:absolute;width:1px;height:1px;margin:-1px;padding:0;overflow:hidden;
  clip-path:inset(50%);white-space:nowrap;border:0
}
@media (scripting:none){.chart,.legend,.hint{display:none!important}}
.here fieldset{border:1px solid var(--line);border-radius:.4rem;padding:.3rem .9rem .5rem;margin:.6rem 0}
.here label{max-width:100%}
.here fieldset label{display:block;margin:.15rem 0}
.here fieldset .detail{display:inline}
.here progress{width:min(30rem,100%)}
.here button:disabled{color:var(--faint);cursor:default}
.hint{color:var(--faint);font-size:.92rem;margin:.2rem 0}
.controls,.copy{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center;margin:.6rem 0}
.controls label{display:inline-flex;align-items:center;gap:.45rem;flex-wrap:wrap;max-width:100%}
.controls input,.controls select,button.small{
  font:inherit;color:var(--ink);background:var(--ground);min-height:2rem;max-width:100%;
  border:1px solid var(--border);border-radius:.4rem;padding:.1rem .6rem
}
button.small{font-size:.86rem;min-height:1.7rem;cursor:pointer;background:var(--raised)}
button.small:hover{border-color:var(--ink)}
details{margin:.5rem 0}
summary{min-height:1.6rem;padding:.15rem 0;cursor:pointer;color:var(--link);font-weight:600}
.note ul{margin:.2rem 0;padding-left:1.1rem}
.note li{max-width:none}
caption .wide{display:block;position:sticky;left:0;width:fit-content;max-width:min(70rem,100vw - 2.4rem)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem;margin:.4rem 0 .6rem}
.legend button,th button{font:inherit;color:inherit;background:none;border:0;cursor:pointer}
.legend button{
  display:inline-flex;align-items:center;gap:.4rem;min-height:1.9rem;max-width:100%;
  padding:.1rem .7rem;font-size:.88rem;text-align:left;
  border:1px solid var(--border);border-radius:1rem
}
.legend button[aria-pressed=false]{color:var(--faint);border-style:dashed;text-decoration:line-through}
.legend button[aria-pressed=false] .swatch{opacity:.35}
.swatch{flex:none;vertical-align:middle;fill:none}
.swatch .full{fill:currentColor}
.swatch .hollow{fill:var(--ground)}
${light.series.map((_, i) => `.s${i}{color:var(--s${i})}`).join("")}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;margin:.8rem 0;padding:0;font-size:.9rem}
.key li{display:inline-flex;align-items:center;gap:.45rem;max-width:100%}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:1rem 1.4rem}
.panel{margin:.4rem 0;min-width:0}
.panel figcaption{color:var(--ink);font-weight:600;margin:0 0 .2rem}
.distribution .panel figcaption{font-size:1.1rem;font-weight:bold}
.panel svg{display:block;width:100%;height:auto;max-width:30rem}
.plot text{fill:var(--ink);font-size:11px;font-family:inherit}
.plot .bar{fill:var(--s0)}
.plot .axis{fill:var(--faint)}
.plot .grid{stroke:var(--line);fill:none}
.plot .frame{stroke:var(--border);fill:none}
.plot .name{paint-order:stroke;stroke:var(--ground);stroke-width:3px}
/* Names break only where they must, or columns would be squeezed to single letters. */
table{overflow-wrap:break-word}
.scroll{overflow-x:auto;border-radius:.3rem}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;margin:.4rem 0}
caption{text-align:left;color:var(--faint);font-size:.88rem;padding:.3rem .1rem}
th,td{padding:.4rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{background:var(--raised);border-bottom:2px solid var(--border);vertical-align:bottom}
tbody th{font-weight:600;min-width:6.8rem}
tbody tr:hover>*{background:var(--raised)}
th,td.name{min-width:5.5rem}
.title{display:inline-block;max-width:15rem}
.number{text-align:right;white-space:nowrap}
thead .number,.none{white-space:normal}
thead th:first-child{text-align:left}
@media (min-width:48rem){tbody th{position:sticky;left:0;background:var(--ground)}}
thead th button{min-height:1.6rem;padding:.1rem;font-weight:650;text-align:inherit}
thead th button:is(:hover,:focus-visible)::after{content:"\\00a0↕";color:var(--faint)}
th[aria-sort=ascending] button::after{content:"\\00a0↑";color:var(--ink)}
th[aria-sort=descending] button::after{content:"\\00a0↓";color:var(--ink)}
.value{font-weight:600}
.interval,.detail{color:var(--faint);font-weight:400}
.detail,.interval{display:block;font-size:.89em}
.detail .detail{font-size:1em}
.detail.wrap{white-space:normal;max-width:11rem;margin-left:auto}
.shape{white-space:nowrap}
.none{color:var(--bad);font-weight:600}
.untimed{color:var(--faint)}
.verdict{min-width:13rem}
.verdict.good b{color:var(--good)}
.verdict.bad b{color:var(--bad)}
td.prose{min-width:12rem;max-width:38rem}
pre{
  margin:.5rem 0 1rem;padding:.8rem 1rem;overflow-x:auto;background:var(--raised);
  border:1px solid var(--line);border-radius:.4rem;white-space:pre-wrap
}
code{font-family:ui-monospace,"Cascadia Code","Source Code Pro",Menlo,monospace;font-size:.9rem}
dt{font-weight:650;margin-top:.9rem}
dd{margin:.1rem 0 0}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--faint)}
[hidden]{display:none!important}
@media print{
  html{font-size:9pt}
  .page{max-width:none;padding:0}
  nav,.skip,noscript,.more,.controls,.copy,.legend,button.small,.empty,fieldset{display:none!important}
  details:not(.row)::details-content{content-visibility:visible;display:block;height:auto}
  .figures{display:block}
  section{margin-top:1.2rem;padding-top:1rem}
  .scroll{overflow:visible}
  tbody th{position:static!important}
  thead{display:table-header-group}
  tr,.chart,.pictures figure,.answer{break-inside:avoid}
  /* A head of several rows would keep all of them on one page. */
  .compact tr{break-inside:auto}
  h2,h3,caption{break-after:avoid}
  table{font-size:.82rem}
  th,td{padding:.15rem .35rem;min-width:0!important}
  th button::after{content:none!important}
  /* Buttons are missing from heads that are repeated. */
  th button{display:contents}
  *{print-color-adjust:exact}
  /* A hatched ground takes megabytes of a PDF for each cell. */
  .tie,.level{background-image:none!important;outline:1.5px dashed var(--ink);outline-offset:-3px}
}
`.trim().replaceAll(/\n\s*/g, "\n");
}
