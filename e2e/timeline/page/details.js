
// What is known of the moment that was chosen: the fact there, and what everybody was doing.
function choose(fact) {
  chosen.fact = fact;
  chosen.time = run.at[fact];
  tellDetails();
  redraw();
}
function chooseTime(time) {
  chosen.fact = -1;
  chosen.time = Math.min(Math.max(time, 0), run.length);
  tellDetails();
  redraw();
}
// A span is over when it ends, but for one that lasts to the end of the run.
const during = (s, time) => s.from <= time && (time < s.to || time === s.to && s.to === run.length);
const longWords = { starting: 'starting', standby: 'standby', leading: 'leading', silent: 'leading, and silent', told: 'told to stop' };
function replicaAt(lane, time) {
  const all = lane.rowsOfSpans[0].filter((s) => during(s, time)).map((s) => s.state);
  const states = all.filter((s) => !(s === 'leading' && all.includes('silent'))).map((s) => longWords[s]);
  if (!states.length) return 'not running';
  const near = lane.marks[0], place = firstFrom(near, time);
  if (all.includes('leading') && !all.includes('silent')) {
    for (const i of [place, place - 1]) {
      if (near[i] !== undefined && run.lookOf(near[i]).group === 'acts' && Math.abs(run.at[near[i]] - time) < 1e6) { states.push('acting'); break; }
    }
  }
  const hit = lane.shades.filter((s) => s.from <= time && time <= s.to).map((s) => s.label);
  return states.concat(hit).join(', ');
}
function leaseWords(lane, time) {
  const span = lane.rowsOfSpans[0].find((s) => during(s, time));
  if (!span) return 'there was none';
  if (span.state === 'free') return 'no holder';
  const until = run.until.get(versionAt(lane, time));
  const known = until === undefined ? '' : (until < time ? '; ran out at ' : '; runs until ') + inSeconds(until);
  return span.state === 'expired' ? span.words + known : 'held by ' + span.label + known;
}
function tellDetails() {
  const to = byId('details');
  if (chosen.time === null) {
    to.replaceChildren(element('p', 'Click or tap into the timeline, or search for a second, to read who led and what everybody did then.', { class: 'quiet' }));
    return;
  }
  const title = element('h3', 'At ' + inSeconds(chosen.time) + ' ');
  title.append(element('span', clockTime(chosen.time), { class: 'quiet' }));
  const lines = element('ul');
  const line = (name, text) => { const item = element('li'); item.append(element('b', name + ': '), text); lines.append(item); };
  for (const lane of run.lanes) {
    if (lane.kind === 'lease') line(lane.name, leaseWords(lane, chosen.time));
    if (lane.kind === 'replica') line(lane.name, replicaAt(lane, chosen.time));
  }
  to.replaceChildren(title, ...(chosen.fact >= 0 ? [element('p', run.lookOf(chosen.fact).words)] : []), lines);
}

// What is under a point of the canvas: the nearest fact in its row, else the span.
function under(x, y) {
  const lane = run.lanes.find((l) => y >= l.top && y < l.bottom);
  if (!lane || x < view.labels) return null;
  let row = lane.rowTops.findIndex((top, i) => y < top + rowHeight(lane.kind, i));
  if (row < 0) row = lane.rows - 1;
  if (lane.kind === 'lease' && row === 1) row = lane.rowsOfSpans[1].some((s) => inside(s, x)) ? 1 : 0;
  const facts = lane.marks[row] || [], near = firstFrom(facts, view.time(x));
  let best = -1, distance = 7;
  for (let i = Math.max(0, near - 40); i < Math.min(facts.length, near + 40); i++) {
    if (!shows(facts[i])) continue;
    const ticks = bands[run.lookOf(facts[i]).mark] ? 0.01 : 0; // What stands out is meant rather than one of many.
    const d = Math.abs(view.x(run.at[facts[i]]) - x) + ticks;
    if (d < distance) { best = facts[i]; distance = d; }
  }
  const spans = (lane.rowsOfSpans[row] || []).filter((s) => inside(s, x)).sort((a, b) => (a.to - a.from) - (b.to - b.from));
  const shades = lane.shades.filter((s) => inside(s, x));
  const brackets = lane.kind === 'faults' ? run.brackets.filter((b, i) => row === lane.rows - run.brackets.length + i) : [];
  return { fact: best, spans: spans.concat(shades), brackets };
}
const inside = (s, x) => view.x(s.from) - 6 <= x && x <= view.x(s.to) + 6;
