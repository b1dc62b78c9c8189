
// Search, and what is left out.
function makeGroups() {
  const there = new Set(run.looks.map((l) => l.group));
  for (const [id, name] of run.groups) {
    if (!there.has(id)) continue;
    const box = element('input', '', { type: 'checkbox', value: id });
    box.checked = true;
    box.addEventListener('change', () => { if (box.checked) chosen.hidden.delete(id); else chosen.hidden.add(id); listFacts(); redraw(); });
    const whole = element('label');
    whole.append(box, name);
    byId('groups').append(whole);
  }
}
const asTime = (text) => { const m = /^@?\s*(\d+(?:\.\d+)?)\s*s?$/.exec(text.trim()); return m ? Number(m[1]) * 1e6 : null; };
function search(text) {
  chosen.query = text.trim().toLowerCase();
  const time = asTime(text);
  chosen.hits = chosen.query === '' || time !== null ? null : Uint8Array.from(run.looks, (look) => Number(look.words.toLowerCase().includes(chosen.query)));
  listFacts();
  byId('found').textContent = time !== null ? 'Enter goes to ' + inSeconds(time) : chosen.hits === null ? '' : listed.length + ' found; Enter: the next';
  redraw();
}
const searchBox = byId('search');
searchBox.addEventListener('input', () => search(searchBox.value));
searchBox.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { searchBox.value = ''; search(''); canvas.focus(); }
  if (event.key !== 'Enter') return;
  const time = asTime(searchBox.value);
  if (time !== null) { chooseTime(time); view.reveal(chosen.time); } else step(1);
});
// The next or the one before of those facts that are listed.
function step(by) {
  if (!listed.length) return;
  const here = chosen.fact >= 0 ? chosen.fact : chosen.time === null ? -1 : firstFact(chosen.time) - (by > 0 ? 1 : 0);
  let low = 0, high = listed.length;
  while (low < high) { const middle = (low + high) >>> 1; if (listed[middle] < here) low = middle + 1; else high = middle; }
  const at = by > 0 ? (listed[low] === here ? low + 1 : low) : low - 1;
  const fact = listed[Math.min(Math.max(at, 0), listed.length - 1)];
  selectFact(fact);
  choose(fact);
  view.reveal(run.at[fact]);
}
