/** Style of a report: readable on a phone without zooming, on a desk in two columns, and on paper. */
export const reportStyle = `
:root { --ink: #1f2937; --faint: #6b7280; --line: #d1d5db; --good: #166534; --bad: #b91c1c; --doubt: #92400e; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p, ul { margin: .5rem 0; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.faint { color: var(--faint); font-size: .9rem; }
.verdict { display: inline-block; padding: .1rem .6rem; border: 2px solid; border-radius: .4rem; font-weight: 700; }
.confirmed { color: var(--good); } .refuted { color: var(--bad); } .inconclusive, .invalid { color: var(--doubt); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; border: 1px solid var(--line); border-radius: .4rem; padding: .25rem; }
svg { display: block; width: 100%; height: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 600; vertical-align: bottom; }
th small { display: block; font-weight: 400; color: var(--faint); }
td:last-child, th:last-child { text-align: left; white-space: nowrap; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
.facts dt { color: var(--faint); } .facts dd { margin: 0; overflow-wrap: anywhere; }
details { margin: .5rem 0; } summary { cursor: pointer; }
@media (max-width: 44rem) {
  /* Each row becomes a card, and each cell names its column. */
  thead { display: none; }
  tr { display: block; border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .6rem; margin: .6rem 0; }
  td, td:last-child { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
  td::before { content: attr(data-name); color: var(--faint); text-align: left; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, thead { break-after: avoid; } tr, figure { break-inside: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
