/** The page as it is before its modules fill it. */

export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Training runs</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/uplot.css"><link rel="stylesheet" href="/style.css">
<script src="/uplot.js" defer></script><script type="module" src="/page/main.js"></script></head>
<body><header><h1>Training runs</h1><p id="connection" class="quiet" role="status">Connecting …</p></header>
<div class="layout"><nav aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2><p id="no-runs" class="quiet" hidden></p><ul id="runs"></ul></nav>
<main id="main"><p id="nothing" class="panel" hidden></p><div id="content" hidden>
<section aria-labelledby="results-title"><h2 id="results-title">Results</h2><div id="notices"></div><dl id="figures" class="figures"></dl><div id="results" class="scroll" tabindex="0" role="region" aria-labelledby="results-title"></div></section>
<section aria-labelledby="differences-title" id="differences-section" hidden><h2 id="differences-title">What differs</h2><div id="differences" class="scroll" tabindex="0" role="region" aria-labelledby="differences-title"></div></section>
<section aria-labelledby="curves-title"><div class="heading"><h2 id="curves-title">Curves</h2><div class="controls">
<fieldset><legend>Over</legend><label><input type="radio" name="axis" value="step" checked>steps</label><label><input type="radio" name="axis" value="epoch">epochs</label><label><input type="radio" name="axis" value="hours">hours</label></fieldset>
<label>Smoothing <input type="range" id="smoothing" min="0" max="0.99" step="0.01" value="0.8"><output for="smoothing">0.80</output></label>
<label><input type="checkbox" id="log-loss">loss on a log scale</label></div></div>
<div id="charts"></div>
<details id="epochs"><summary>Epochs as a table</summary><div id="epoch-tables" class="scroll" tabindex="0" role="region" aria-label="Epochs as a table"></div></details></section>
<section aria-labelledby="heard-title" id="heard-section"><div class="heading"><h2 id="heard-title">Transcripts</h2><div class="controls"><label>Of <select id="heard-choice"></select></label></div></div>
<p class="quiet">Reference over hypothesis: <span class="key substitution">S substituted</span>, <span class="key deletion">D deleted</span>, <span class="key insertion">I inserted</span>.</p>
<h3>Samples</h3><div id="samples"></div><h3>Worst utterances</h3><div id="worst"></div></section>
</div></main></div></body></html>
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 3c2 8 5 9 12 10" fill="none" stroke="#2f6fb2" stroke-width="2.5" stroke-linecap="round"/></svg>`;
