/** The style sheet of a report: the colours of the live page, light, dark and on paper. Nothing is loaded. */

const LIGHT = `color-scheme:light dark;
--bg:#f4f6f6;--surface:#fff;--raise:#edf1f1;--line:#dce2e3;--control:#7f8c91;
--text:#12181b;--text-2:#455157;--text-3:#5a676d;--accent:#0a6680;
--good:#1a7446;--good-soft:#e2f2e9;--bad:#b02525;--bad-soft:#fbeae8;--warn:#7d5100;--warn-soft:#faefd6;
--c1:#0a6680;--c2:#b8690a;--grid:#e4e9ea;
--sans:-apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace`;

const DARK = `--bg:#0d1214;--surface:#13191c;--raise:#1c2529;--line:#29343a;--control:#6b7a81;
--text:#e8edef;--text-2:#b3bec3;--text-3:#98a5ab;--accent:#5fc5de;
--good:#5cc48e;--good-soft:#12301f;--bad:#f4938a;--bad-soft:#3b1b1a;--warn:#e4b24f;--warn-soft:#34280e;
--c1:#5fc5de;--c2:#e8a04c;--grid:#222c31`;

const PAGE = `*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--surface);color:var(--text);font:14px/22px var(--sans);font-variant-numeric:tabular-nums}
h1,h2,h3,p,dl,dd,ul,ol,pre{margin:0;padding:0}
code,pre{font-family:var(--mono);font-size:12px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.defs{position:absolute}
.w{max-width:1168px;margin:0 auto;padding:0 24px}
.top{border-bottom:1px solid var(--line);background:var(--bg)}
.top .w{display:flex;align-items:center;gap:4px 12px;min-height:48px;font-size:13px;color:var(--text-2);flex-wrap:wrap;padding-top:8px;padding-bottom:8px}
.top b{color:var(--text);font-size:14px;margin-right:auto}
.top code{color:var(--text)}
code,.top span,dd,li,h1,h2,p{overflow-wrap:anywhere}
.tw code{white-space:nowrap}
.mark{width:20px;height:20px;flex:none}
.verdict{padding:36px 0 28px}
.vl{display:flex;align-items:center;gap:10px;flex-wrap:wrap;color:var(--text-3);font-size:13px}
.verdict h1{font-size:28px;line-height:36px;letter-spacing:-.015em;font-weight:600;margin:12px 0 8px;max-width:26em;text-wrap:balance}
.verdict p{max-width:72ch;color:var(--text-2);font-size:15px;line-height:24px}
.chip{display:inline-flex;align-items:center;gap:7px;font-weight:600;font-size:13px;line-height:24px;padding:0 10px;border-radius:5px;white-space:nowrap}
.chip::before{content:"";width:8px;height:8px;background:currentColor;flex:none}
.chip.ok{background:var(--good-soft);color:var(--good)}.chip.ok::before{border-radius:50%}
.chip.no{background:var(--bad-soft);color:var(--bad)}.chip.no::before{transform:rotate(45deg)}
.chip.na{background:var(--warn-soft);color:var(--warn)}.chip.na::before{border-radius:1px;height:3px;width:10px}
.figs{display:grid;grid-template-columns:repeat(6,auto);justify-content:space-between;border-top:1px solid var(--line);padding:16px 0 20px;gap:16px 24px}
.figs dt{font-size:12px;line-height:16px;color:var(--text-2)}
.figs dd{font-size:20px;line-height:28px;font-weight:600;letter-spacing:-.01em}
.figs small{display:block;font-size:12px;line-height:16px;font-weight:400;color:var(--text-2);letter-spacing:0}
.s{display:grid;grid-template-columns:232px minmax(0,1fr);gap:14px 40px;border-top:1px solid var(--line);padding:24px 0 28px}
.s h2{font-size:15px;line-height:22px;font-weight:600;text-wrap:balance}
.s header p{font-size:13px;line-height:20px;color:var(--text-2);margin-top:6px;max-width:68ch}
.s h3{font-size:13px;font-weight:600;line-height:20px;margin-bottom:4px}
.s h3:not(:first-child){margin-top:20px}
.none{color:var(--text-2)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:24px 32px}
.tw{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:20px}
th,td{text-align:left;font-weight:400;padding:6px 16px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--text-3);font-size:12px;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
.r{text-align:right;white-space:nowrap;padding:6px 0 6px 16px}
.r+:not(.r){padding-left:24px}
.nw{white-space:nowrap}
td small{display:block;color:var(--text-3);font-size:12px}
.bar{display:flex;height:8px;margin-top:6px;min-width:60px}
.bar i{min-width:2px;background:var(--c1);opacity:.8}.bar i.bad{background:var(--bad);opacity:1}
.bar i.maybe{min-width:0;opacity:1;background:repeating-linear-gradient(135deg,var(--c1) 0 1.5px,transparent 1.5px 4px)}
.hops{display:flex;gap:2px;height:16px;margin:4px 0 12px}.hops i,.sw{background:var(--c1);min-width:3px}
.sw{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:8px}
.caveats{display:grid;gap:10px;padding-left:18px;max-width:74ch}
.cmd{background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:10px 14px;margin-bottom:16px;white-space:pre-wrap;overflow-wrap:anywhere;line-height:18px}
.pm{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 20px;font-size:13px;align-content:start}.pm dt{color:var(--text-3)}
.foot{border-top:1px solid var(--line);padding:16px 0 40px;font-size:12px;color:var(--text-3)}`;

const CHARTS = `.plot{container-type:inline-size}
.plot svg{display:block;width:100%;height:auto;overflow:visible}
.plot .wide{max-width:848px}.plot .narrow{display:none;max-width:500px}
.plot text{font:11.5px var(--sans);fill:var(--text-2)}
.plot .name{fill:var(--text-3)}.plot .zone{fill:var(--warn);font-weight:600}
.halo{paint-order:stroke;stroke:var(--surface);stroke-width:3.5px;stroke-linejoin:round}
.grid{stroke:var(--grid)}.axis{stroke:var(--control)}
.edge{stroke:var(--warn);stroke-dasharray:3 3}.rule{stroke:var(--text-2);stroke-dasharray:4 3}
.grid,.axis,.edge,.rule{fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.one{stroke:var(--c1)}.other{stroke:var(--c2)}.failed{stroke:var(--bad)}
.one.thin,.other.thin{stroke-width:1.5;stroke-dasharray:2 3;stroke-linecap:butt}
.plan{stroke:var(--text-3);stroke-width:1.5;stroke-dasharray:4 3;stroke-linecap:butt}
.strokes{stroke:var(--c1);stroke-width:1.5;stroke-linecap:butt}.beyond{stroke:var(--bad);stroke-width:3;stroke-linecap:butt}
.solid{fill:var(--c1);fill-opacity:.8}.maybe{fill:url(#maybe);stroke:var(--c1);stroke-width:.5}
.band{fill:var(--c1);fill-opacity:.26}
.hover{fill:transparent}.hover:hover{fill:var(--text);fill-opacity:.09}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;font-size:12px;line-height:18px;color:var(--text-2);margin-bottom:10px}
.key li{display:flex;align-items:center;gap:7px}
@container (max-width:560px){.plot .wide{display:none}.plot .narrow{display:block}}`;

const SIZES = `@media(max-width:1099px){.s{grid-template-columns:minmax(0,1fr)}.figs{grid-template-columns:repeat(3,1fr)}}
@media(max-width:620px){.w{padding:0 16px}.verdict{padding:24px 0 20px}.verdict h1{font-size:22px;line-height:28px}
.figs{grid-template-columns:1fr 1fr}.two{grid-template-columns:minmax(0,1fr)}.top b{margin-right:0;flex-basis:80%}
thead th,thead .r,.tw code{white-space:normal}td:last-child:not(.r){min-width:150px}th,td{padding-right:10px}.r{padding-left:10px}.r+:not(.r){padding-left:14px}}
@media print{.hover{display:none}.s,.verdict{break-inside:avoid}.top{background:none}.w{max-width:none}
.bar,.hops,.chip{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.s{grid-template-columns:minmax(0,1fr)}.tw{overflow:visible}body{font-size:12px}}`;

export const STYLE = `:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root{${DARK}}}
${PAGE}
${CHARTS}
${SIZES}`;
