
// Every fact, for the keyboard and for screen readers: only the rows that are in sight are in the page.
const table = byId('table'), rowsBox = byId('rows');
const rowSize = 30, headSize = 30;
let listed = new Uint32Array(0), selected = -1;
const places = new Map();

function listFacts() {
  const found = new Uint32Array(run.count);
  let n = 0;
  for (let fact = 0; fact < run.count; fact++) if (shows(fact)) found[n++] = fact;
  listed = found.subarray(0, n);
  rowsBox.style.height = n * rowSize + 'px';
  table.setAttribute('aria-rowcount', n + 1);
  byId('shown').textContent = n === run.count ? n + ' facts' : n + ' of ' + run.count + ' facts';
  selected = -1;
  table.removeAttribute('aria-activedescendant');
  showRows();
}
function showRows() {
  const first = Math.max(0, Math.floor((table.scrollTop - headSize) / rowSize) - 4);
  const last = Math.min(listed.length, first + Math.ceil(table.clientHeight / rowSize) + 10);
  const made = [];
  for (let place = first; place < last; place++) {
    const fact = listed[place], look = run.lookOf(fact);
    const group = run.groups.find(([id]) => id === look.group);
    const row = element('div', '', { role: 'row', class: 'row', id: 'fact-' + fact, 'aria-rowindex': place + 2, 'aria-selected': String(place === selected) });
    row.style.top = place * rowSize + 'px';
    row.append(
      element('span', inSeconds(run.at[fact]), { role: 'gridcell', title: clockTime(run.at[fact]) }),
      element('span', look.actor < 0 ? '–' : run.replicas[look.actor], { role: 'gridcell' }),
      element('span', look.words, { role: 'gridcell', title: look.words }),
      element('span', group ? group[1] : '', { role: 'gridcell' }));
    row.addEventListener('click', () => { selectRow(place); choose(fact); view.reveal(run.at[fact]); });
    made.push(row);
  }
  rowsBox.replaceChildren(...made);
}
function selectRow(place) {
  if (!listed.length) return;
  selected = Math.min(Math.max(place, 0), listed.length - 1);
  const top = selected * rowSize;
  if (top < table.scrollTop) table.scrollTop = top;
  else if (top + rowSize + headSize > table.scrollTop + table.clientHeight) table.scrollTop = top + rowSize + headSize - table.clientHeight;
  showRows();
  table.setAttribute('aria-activedescendant', 'fact-' + listed[selected]);
}
// The row of a fact, if it is listed.
function selectFact(fact) {
  let low = 0, high = listed.length;
  while (low < high) { const middle = (low + high) >>> 1; if (listed[middle] < fact) low = middle + 1; else high = middle; }
  if (listed[low] === fact) selectRow(low);
}
table.addEventListener('scroll', () => requestAnimationFrame(showRows), { passive: true });
table.addEventListener('keydown', (event) => {
  const page = Math.max(1, Math.floor(table.clientHeight / rowSize) - 2);
  const to = { ArrowDown: selected + 1, ArrowUp: selected - 1, PageDown: selected + page, PageUp: selected - page, Home: 0, End: listed.length - 1 }[event.key];
  if (to !== undefined) { selectRow(to); choose(listed[selected]); view.reveal(run.at[listed[selected]]); event.preventDefault(); event.stopPropagation(); return; }
  if (event.key === 'Enter' && selected >= 0) { choose(listed[selected]); view.reveal(chosen.time); canvas.focus(); byId('stage').scrollIntoView({ block: 'nearest' }); event.preventDefault(); }
});
