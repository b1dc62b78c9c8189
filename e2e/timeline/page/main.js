
const legend = [
  ['leading', 'leads'], ['tick', 'acts'], ['standby', 'standby'], ['silent', 'leads, and does not act'], ['told', 'told to stop'], ['exit', 'exited'],
  ['blocked', 'a fault that keeps a replica from leading'], ['disturbed', 'a fault that does not'], ['instant', 'a fault in an instant'],
  ['held', 'holds the Lease'], ['expired', 'named by a Lease that ran out'], ['runs', 'from the last renewal until the Lease runs out'],
  ['done', 'work item, until it was processed'], ['lost', 'never processed'], ['refused', 'request refused'], ['unanswered', 'request without an answer'],
  ['missing', 'request that never arrived'],
];
function makeLegend() {
  const there = new Set(run.looks.map((l) => l.mark).concat(run.lanes.flatMap((l) => l.spans.map((s) => s.state))));
  byId('legend').replaceChildren(...legend.filter(([look]) => there.has(look)).map(([look, words]) => {
    const item = element('li'), swatch = element('canvas', '', { 'aria-hidden': 'true' });
    item.append(swatch, words);
    requestAnimationFrame(() => {
      const c = prepare(swatch, 18);
      if (spanLooks[look]) {
        const inLeader = look === 'silent' || look === 'told';
        if (inLeader) spanLooks.leading(c, { actor: 0 }, 1, 32, 0, 18);
        spanLooks[look](c, { actor: 0 }, look === 'instant' ? 17 : 1, look === 'silent' ? 20 : 32, look === 'silent' ? -6 : 0, look === 'silent' ? 30 : look === 'done' || look === 'lost' ? 12 : 18);
      } else if (look === 'tick') { c.fillStyle = colourOf(0); for (let x = 4; x < 30; x += 5) c.fillRect(x, 3, 1.5, 12); } else markLooks[look](c, 17, 0, 18, colourOf(0));
    });
    return item;
  }));
}

readColours();
tellVerdict();
makeGroups();
makeLegend();
tellDetails();
listFacts();
byId('in').addEventListener('click', zoomIn);
byId('out').addEventListener('click', zoomOut);
byId('left').addEventListener('click', () => view.pan((view.from - view.to) / 5));
byId('right').addEventListener('click', () => view.pan((view.to - view.from) / 5));
byId('whole').addEventListener('click', () => view.whole());
new ResizeObserver(() => { redraw(); showRows(); }).observe(byId('stage'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); makeLegend(); redraw(); });
view.whole();
// For whoever tests the page; nothing here changes a thing.
window.interregnum = Object.freeze({ run, view, chosen, drawn, middleOf, draw, listed: () => listed });
