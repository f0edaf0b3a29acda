/** The report's style sheet: light and dark as the reader's system has it, readable on paper too. */
export const STYLE = `
:root{color-scheme:light dark;--page:#fcfcfb;--panel:#f3f3f1;--text:#1c1d1f;--quiet:#5d6166;--line:#d9d9d6;--accent:#2f6fb2;--bar:#6f9fd0;
--s-bg:#fbe7c2;--s:#7a4b00;--d-bg:#fbdcd9;--d:#9c1f18;--i-bg:#d9e8fb;--i:#174f91;--token-light:45%}
@media (prefers-color-scheme:dark){:root{--page:#17181a;--panel:#202225;--text:#e7e7e4;--quiet:#a3a7ad;--line:#393c40;--accent:#86b8ec;--bar:#4f82b8;
--s-bg:#4b3710;--s:#ffd48a;--d-bg:#54211e;--d:#ffb3ac;--i-bg:#1d3a5c;--i:#b0d4ff;--token-light:68%}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:32px 24px 64px;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.75rem;margin:0 0 4px}
h2{font-size:1.25rem;margin:40px 0 12px;padding-top:12px;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 8px}
h1,h3,th{overflow-wrap:anywhere}
header p,p{margin:0 0 8px}
.quiet{color:var(--quiet);font-size:.875rem;font-weight:400}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:12px;margin:0}
.figures>div{background:var(--panel);border-radius:8px;padding:14px 16px}
.figures dt{color:var(--quiet);font-size:.875rem}
.figures dd{margin:0}
.figures dt+dd{font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}
.figures .main dt+dd{color:var(--accent)}
.scroll{overflow-x:auto}
.contents{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:12px 0 0;padding:0}
a{color:var(--accent)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:5px 14px 5px 0;text-align:right;border-bottom:1px solid var(--line);font-weight:400}
th:first-child{text-align:left}
thead th{color:var(--quiet);font-size:.875rem}
summary{cursor:pointer;margin:8px 0}
svg text{fill:var(--text);font:12px system-ui,sans-serif}
svg text.quiet{fill:var(--quiet);font-size:12px}
.chart{width:100%;max-width:760px;height:auto}
.grid{stroke:var(--line)}
.bar{fill:var(--bar)}
.whisker{stroke:var(--text);stroke-width:1.5;fill:none}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:20px 28px}
.confusions{list-style:none;margin:0;padding:0}
.confusions li{display:flex;justify-content:space-between;gap:12px;padding:1px 6px;margin-bottom:2px;border-radius:3px;font-variant-numeric:tabular-nums;white-space:pre-wrap;overflow-wrap:anywhere;
background:linear-gradient(to right,var(--i-bg) calc(var(--share)*100%),transparent 0)}
article{margin:0 0 16px;padding:14px 16px;background:var(--panel);border-radius:8px}
.compared p{margin:6px 0 2px}
.diff{list-style:none;display:flex;flex-wrap:wrap;gap:4px 5px;margin:0 0 10px;padding:0}
.diff li{position:relative;display:flex;flex-direction:column;padding:1px 5px;border-radius:4px;line-height:1.35;overflow-wrap:anywhere}
.diff li>span+span{color:var(--quiet)}
.diff .substitution,.diff .deletion,.diff .insertion{padding-right:17px}
.diff b{position:absolute;top:4px;right:4px;font-size:.6875rem;line-height:1;opacity:.8}
.substitution{background:var(--s-bg);color:var(--s)}
.deletion{background:var(--d-bg);color:var(--d)}
.insertion{background:var(--i-bg);color:var(--i)}
.diff .substitution>span+span,.diff .deletion>span+span,.diff .insertion>span+span{color:inherit;font-weight:600}
.diff .deletion>span:first-child{text-decoration:line-through}
.key{padding:0 5px;border-radius:4px}
audio{display:block;width:100%;max-width:440px;height:36px;margin:0 0 10px}
.timeline{overflow-x:auto;border-radius:4px}
.tracks{position:relative;cursor:pointer}
.tracks img,.tracks svg{display:block}
.tracks img{image-rendering:auto}
.blank{fill:var(--quiet);opacity:.25}
.token path{fill:hsl(var(--hue) 70% var(--token-light));fill-opacity:.45;stroke:hsl(var(--hue) 70% var(--token-light))}
.token text{font-weight:600}
.playhead{position:absolute;inset:0 auto 0 0;width:2px;background:var(--d);pointer-events:none}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
footer{margin-top:48px;color:var(--quiet);font-size:.875rem}
@media print{audio,nav{display:none}article{break-inside:avoid}}
`;
