"""The style of the pages: readable on paper, on phones and on dark screens."""

STYLE = """
:root{--ink:#1c2128;--soft:#5a6472;--line:#d7dce2;--ground:#fff;--panel:#f4f6f8;--mark:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a0a9b5;--line:#3a424d;--ground:#14181d;--panel:#1e242b;
--mark:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 48px;max-width:960px;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.3rem;margin:40px 0 8px;padding-top:16px;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:24px 0 8px}
p{margin:6px 0}.soft,figcaption,caption,dt{color:var(--soft)}
.note{border-left:4px solid var(--mark);padding:6px 12px;background:var(--panel)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(130px,1fr));gap:10px;margin:14px 0}
.tiles div{background:var(--panel);border-radius:8px;padding:10px 14px}
dt{font-size:.85rem}dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:6px 0 12px;min-width:min(100%,420px)}
caption{text-align:left;font-size:.9rem;padding-bottom:4px}
th,td{padding:5px 14px 5px 0;text-align:right;border-bottom:1px solid var(--line);font-weight:400;white-space:nowrap}
th:first-child{text-align:left;white-space:normal;min-width:7em}
.words td:last-child,.words th:last-child{text-align:left;white-space:normal;min-width:13em}
thead th{color:var(--soft);font-size:.85rem;vertical-align:bottom}
.chart{width:100%;height:auto;display:block}
.chart text{fill:var(--soft);font-size:12px}
.chart polyline{fill:none;stroke-width:2;stroke-linejoin:round}
.bar{fill:#0072b2}
.grid{stroke:var(--line)}.tick{stroke:var(--soft)}.mark{stroke:var(--mark);stroke-width:1.5}
.key{width:28px;height:10px;vertical-align:middle;margin-right:6px}.key line{stroke-width:2.5}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:4px 0;list-style:none}
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px}
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:12px}
.steps img{max-width:100%;height:auto;display:block;border-radius:4px}.steps figure{margin:10px 0}
.cells img{image-rendering:pixelated;max-width:100%;height:auto;display:block}
.objects{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-end}
figure{margin:0}figcaption{font-size:.82rem;line-height:1.3;padding-top:3px}
.sheet img{width:100%;height:auto;display:block;border-radius:4px}
.objects figure{max-width:160px}.objects img{max-width:100%;height:auto;display:block}
.matrix td{padding:3px 6px;text-align:center;min-width:2.4em}.matrix .own{outline:1px solid var(--soft);
outline-offset:-1px}
.matrix th[scope=row]{text-align:right;white-space:nowrap;max-width:12em;overflow:hidden;text-overflow:ellipsis}
.matrix thead th{padding:5px 2px;text-align:center}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:11em;overflow:hidden;
white-space:nowrap;text-align:left}
summary{cursor:pointer;padding:4px 0}
.narrow{max-width:600px}
@media(max-width:520px){.chart text{font-size:26px}.half text{font-size:14px}.narrow text{font-size:17px}
.sheet{grid-template-columns:1fr 1fr;gap:8px}
dd{font-size:1.15rem}th,td{padding-right:10px}}
@media print{details>*{display:block}figure,tr,.chart{break-inside:avoid}}
"""
