/** The page's style sheet: the evaluation report's, so that both look alike, and what a live page needs beyond it. */
import { STYLE } from "../evaluation/report/style.js";

/** Eight colours for runs; at least 3:1 on the page and its panels. */
const RUN_COLOURS = {
  light: ["#2f6fb2", "#b4540a", "#2e7d4f", "#9b3fa5", "#b3261e", "#00798c", "#7a5c00", "#5a5fc7"],
  dark: ["#86b8ec", "#f0a35e", "#7fcf9b", "#d79be0", "#f28b82", "#5fcfe0", "#d9bd5c", "#a7abf5"],
};

function variables(colours: readonly string[]): string {
  return colours.map((colour, i) => `--run-${i}:${colour};`).join("");
}

function swatches(colours: readonly string[]): string {
  return colours.map((_, i) => `.run-${i}{--run:var(--run-${i})}`).join("\n");
}

export const PAGE_STYLE = `${STYLE}
:root{${variables(RUN_COLOURS.light)}--good:#23683f}
@media (prefers-color-scheme:dark){:root{${variables(RUN_COLOURS.dark)}--good:#8fd6a8}}
${swatches(RUN_COLOURS.light)}
[hidden]{display:none!important}
body{max-width:1440px;padding:20px 24px 64px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px;margin-bottom:16px}
header p{margin:0}
h1{font-size:1.375rem;margin:0}
h2{margin:0;padding:0;border:0;font-size:1.125rem}
h3{margin:20px 0 8px}
.layout{display:grid;grid-template-columns:310px minmax(0,1fr);gap:32px;align-items:start}
nav{position:sticky;top:16px;max-height:calc(100vh - 32px);overflow-y:auto;padding:2px}
nav h2{margin-bottom:8px}
section{margin:0 0 32px}
section>h2,.heading{margin-bottom:12px}
.heading{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:6px 24px}
.panel{background:var(--panel);border-radius:8px;padding:14px 16px;overflow-wrap:anywhere}
.panel p:last-child{margin:0}
#runs{list-style:none;margin:0;padding:0}
#runs li{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 10px;align-items:start;padding:8px 10px;border-radius:8px;margin-bottom:4px}
#runs li.chosen{background:var(--panel)}
#runs input{width:18px;height:18px;margin:3px 0 0;accent-color:var(--run)}
#runs button{display:block;width:100%;padding:0;border:0;background:none;color:inherit;font:inherit;text-align:left;cursor:pointer;overflow-wrap:anywhere}
#runs button:hover .name{text-decoration:underline}
.name{font-weight:600}
.swatch{display:inline-block;width:18px;height:0;border-top:4px solid var(--run);border-radius:2px;vertical-align:middle;margin-right:8px}
.swatch.dashed{width:26px;border-top-style:dashed;border-top-width:3px}
.running{color:var(--good);font-weight:600}
.figures{margin-bottom:16px;grid-template-columns:repeat(auto-fit,minmax(220px,1fr))}
.figures .quiet{overflow-wrap:anywhere}
.figures dt+dd{white-space:nowrap}
.figures:empty{display:none}
.figures progress{width:100%;height:8px;accent-color:var(--accent)}
#notices .panel{margin-bottom:12px;border-left:4px solid var(--s)}
#notices ul{margin:4px 0 0;padding-left:20px}
.scroll:focus-visible{outline-offset:4px}
#results table,#differences table,#epoch-tables table,#worst table{width:100%}
#results table{font-size:.875rem}
#results th,#results td{padding-right:10px}
#results tr>:last-child{padding-right:0}
#results thead th{white-space:normal;overflow-wrap:normal}
#results th,#results td,#differences th,#differences td{white-space:nowrap}
#differences td{text-align:left;font-family:ui-monospace,monospace;font-size:.875rem;white-space:pre-wrap;overflow-wrap:anywhere;max-width:420px}
#differences th{text-align:left;vertical-align:top}
#epoch-tables h3{font-weight:600}
#epoch-tables .best td,#epoch-tables .best th{font-weight:600}
.controls{display:flex;flex-wrap:wrap;gap:8px 24px;font-size:.9375rem;min-width:0}
.controls fieldset{border:0;margin:0;padding:0;display:flex;gap:12px;align-items:center}
.controls legend{float:left;padding:0;margin-right:2px}
.controls label{display:inline-flex;align-items:center;gap:5px;min-width:0}
.controls select{font:inherit;max-width:100%;min-width:0;color:inherit;background:var(--page);border:1px solid var(--quiet);border-radius:6px;padding:3px 6px}
.controls output{font-variant-numeric:tabular-nums;min-width:2.3em}
input[type=range]{accent-color:var(--accent);width:120px}
input[type=radio]{accent-color:var(--accent)}
#charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;margin-bottom:12px}
.chart-panel{background:var(--panel);border-radius:8px;padding:12px 14px;min-width:0}
.chart-panel.wide{grid-column:1/-1}
.chart-panel h3{margin:0 0 4px}
.plot{border-radius:4px;min-height:230px}
.u-legend{display:none}
.u-cursor-x,.u-cursor-y{border-color:var(--quiet)!important}
.u-select{background:var(--line)!important;opacity:.5}
.values{list-style:none;display:flex;flex-wrap:wrap;gap:2px 20px;margin:6px 0 0;padding:0;font-size:.875rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.values .at{color:var(--quiet)}
#samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:10px}
.utterance{margin:0}
.utterance h4{margin:0 0 6px;font-size:.875rem;font-weight:400;color:var(--quiet);overflow-wrap:anywhere}
.utterance .diff{margin:0}
#worst td,#worst th{vertical-align:top;text-align:left;padding:10px 14px 10px 0}
#worst td.number{width:1%;white-space:nowrap}
#worst audio{width:260px;margin:6px 0 0}
#worst .diff{margin:0}
#worst thead th{white-space:nowrap}
#worst tbody th{width:280px}
@media (max-width:1000px){.layout{grid-template-columns:minmax(0,1fr);gap:20px}nav{position:static;max-height:260px}#charts{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){body{padding:14px 14px 48px}.figures{grid-template-columns:repeat(2,minmax(0,1fr))}.figures>div{padding:10px 12px}.figures dt+dd{font-size:1.25rem}
.chart-panel{padding:10px 8px}#worst thead{display:none}#worst tr{display:grid;grid-template-columns:1fr 1fr;gap:2px 12px;padding:10px 0;border-bottom:1px solid var(--line)}
#worst th,#worst td{border:0;padding:0;width:auto;text-align:left}#worst th,#worst td.words{grid-column:1/-1}#worst td.number{text-align:left}#worst audio{width:100%}}
@media (prefers-reduced-motion:no-preference){#runs li{transition:background-color .15s}}
`;
