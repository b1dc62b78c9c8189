
// The picture, drawn anew for each frame: only what is in view, and never more strokes than there are pixels.
const canvas = document.getElementById('lanes');
const drawn = { strokes: 0, frames: 0, height: 0 };
let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); drawAxis(); });
}

function prepare(target, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = target.clientWidth;
  if (target.width !== Math.round(width * ratio) || target.height !== Math.round(height * ratio)) {
    target.width = Math.round(width * ratio);
    target.height = Math.round(height * ratio);
    target.style.height = height + 'px';
  }
  const c = target.getContext('2d');
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, width, height);
  c.font = fonts.plain;
  return c;
}

function draw() {
  drawn.strokes = 0;
  drawn.frames++;
  view.width = canvas.clientWidth;
  view.labels = view.width < 640 ? 80 : 112;
  drawn.height = layout();
  const c = prepare(canvas, drawn.height);
  run.lanes.forEach((lane, i) => {
    c.fillStyle = i % 2 ? colours['lane-odd'] : colours.lane;
    c.fillRect(0, lane.top, view.width, lane.bottom - lane.top);
  });
  c.save();
  c.beginPath();
  c.rect(view.labels, 0, view.width - view.labels, drawn.height);
  c.clip();
  drawGrid(c);
  for (const lane of run.lanes) drawLane(c, lane);
  drawBrackets(c);
  drawBreaches(c);
  drawChosen(c);
  c.restore();
  drawNames(c);
}

function drawGrid(c) {
  c.strokeStyle = colours.line;
  c.lineWidth = 0.5;
  c.beginPath();
  for (const time of gridTimes()) { const x = Math.round(view.x(time)) + 0.5; c.moveTo(x, 0); c.lineTo(x, drawn.height); }
  c.stroke();
}

function drawLane(c, lane) {
  for (const span of lane.shades) drawSpan(c, lane, span, lane.top, lane.bottom - lane.top);
  for (let row = 0; row < lane.rows; row++) {
    const y = lane.rowTops[row], h = rowHeight(lane.kind, row);
    const spans = lane.rowsOfSpans[row];
    let painted = -Infinity;
    // Told to stop and silent lie within leading, so that a row of a replica is not in the order of its ends; there are few of them.
    for (let i = lane.kind === 'replica' ? 0 : firstSpan(spans, view.from); i < spans.length && spans[i].from <= view.to; i++) {
      const right = view.x(spans[i].to);
      if (right < view.labels || right < painted + 0.7 && spans[i].state !== 'lost') continue;
      drawSpan(c, lane, spans[i], y, h);
      if (right - view.x(spans[i].from) < 1) painted = right;
    }
    drawMarks(c, lane, row, y, h);
    // Words lie above the marks.
    for (let i = firstSpan(spans, view.from); i < spans.length && spans[i].from <= view.to; i++) {
      const x = view.x(spans[i].from), w = view.x(spans[i].to) - x;
      if (lane.kind === 'faults') {
        const right = nextIn(spans, i);
        const from = Math.max(x, view.labels) + (spans[i].state === 'instant' ? 10 : 6);
        label(c, spans[i].label, from, y + h / 2 + 4, Math.max(Math.min(right, view.width) - from - 6, 0), colours.text);
      } else if (w > 20 || spans[i].state === 'runs') spanLabel(c, spans[i], x, w, y, h, view.labels, view.width);
    }
  }
}
const nextIn = (spans, i) => i + 1 < spans.length ? view.x(spans[i + 1].from) : view.width;

function drawSpan(c, lane, span, y, h) {
  const x = Math.max(view.x(span.from), view.labels - 50), right = Math.min(view.x(span.to), view.width + 50);
  if (right < view.labels - 10 || x > view.width + 10) return;
  spanLooks[span.state](c, span, x, right - x, y, h);
  drawn.strokes++;
}

function drawMarks(c, lane, row, y, h) {
  const facts = lane.marks[row];
  let i = firstFrom(facts, view.from - 12 * view.perPixel);
  const last = view.to + 12 * view.perPixel;
  let labelled = -Infinity;
  const open = new Map();
  const flush = (key) => {
    const band = open.get(key);
    if (!band) return;
    const [top, bottom] = bands[band.mark];
    c.globalAlpha = band.dim ? 0.15 : 1;
    c.fillStyle = band.mark === 'renewal' ? colours['on-colour'] : colourOf(band.actor);
    c.fillRect(band.from, y + top, Math.max(band.to - band.from, 1.2), h - top - bottom);
    c.globalAlpha = 1;
    drawn.strokes++;
    open.delete(key);
  };
  while (i < facts.length && run.at[facts[i]] <= last) {
    const fact = facts[i], look = run.lookOf(fact), x = view.x(run.at[fact]);
    if (chosen.hidden.has(look.group)) { i++; continue; }
    const dim = chosen.hits !== null && chosen.hits[run.look[fact]] === 0;
    if (bands[look.mark]) {
      const key = look.mark;
      const band = open.get(key);
      if (band && (x - band.to > 1.2 || band.dim !== dim || band.actor !== look.actor)) flush(key);
      const now = open.get(key);
      if (now) now.to = x + 1.2; else open.set(key, { mark: look.mark, actor: look.actor, dim, from: x - 0.6, to: x + 0.6 });
      i = nextMark(facts, i, look, x);
      continue;
    }
    c.globalAlpha = dim ? 0.15 : 1;
    markLooks[look.mark](c, x, y, h, colourOf(look.actor));
    drawn.strokes++;
    if (look.label && x > labelled) { label(c, look.label, x + 8, y + h - 8, 90, colours.text); labelled = x + 60; }
    c.globalAlpha = 1;
    i++;
  }
  for (const key of [...open.keys()]) flush(key);
}

// The next mark that is to be drawn: one on the same pixel that looks the same adds nothing to it. Others are looked at one by one.
function nextMark(facts, i, look, x) {
  const until = view.time(x + 0.5);
  let next = i + 1;
  const number = run.look[facts[i]];
  while (next < facts.length && run.at[facts[next]] < until) {
    // Far ahead, if all on this pixel are alike: that is so for most acts.
    const step = next + 64;
    if (step < facts.length && run.at[facts[step]] < until && alike(facts, next, step, number)) { next = step; continue; }
    const other = run.lookOf(facts[next]);
    if (other.mark !== look.mark || chosen.hits !== null && chosen.hits[run.look[facts[next]]] !== chosen.hits[number]) return next;
    next++;
  }
  return next;
}
function alike(facts, from, to, number) {
  for (let i = from; i <= to; i++) if (run.look[facts[i]] !== number) return false;
  return true;
}

function drawBrackets(c) {
  const lane = run.lanes.find((l) => l.kind === 'faults');
  if (!lane) return;
  run.brackets.forEach((b, i) => {
    const y = rowMiddle(lane, lane.rows - run.brackets.length + i);
    const x = view.x(b.from), end = view.x(b.from + b.bound), took = b.took < 0 ? NaN : view.x(b.from + b.took);
    const kept = b.took >= 0 && b.took <= b.bound;
    c.lineWidth = 1.5;
    c.strokeStyle = colours.soft;
    c.setLineDash([4, 3]); c.beginPath(); c.moveTo(x, y); c.lineTo(end, y); c.stroke(); c.setLineDash([]);
    c.beginPath(); c.moveTo(x, y - 6); c.lineTo(x, y + 6); c.moveTo(end, y - 6); c.lineTo(end, y + 6); c.stroke();
    c.strokeStyle = c.fillStyle = kept ? colours.good : colours.bad;
    if (b.took >= 0) {
      c.lineWidth = 3; c.beginPath(); c.moveTo(x, y); c.lineTo(took, y); c.stroke();
      c.beginPath(); c.arc(took, y, 4, 0, 7); c.fill();
    }
    const text = b.took < 0 ? 'no takeover within ' + inSeconds(b.bound) : 'takeover ' + inSeconds(b.took) + ' (bound ' + inSeconds(b.bound) + ')';
    const at = Math.max(end + 8, view.labels + 6), room = view.width - at;
    if (room > c.measureText(text).width) label(c, text, at, y + 4, room, colours.text);
    else {
      const inside = Math.max(x, view.labels) + 8;
      c.fillStyle = colours.lane; const w = Math.min(c.measureText(text).width, end - inside - 10);
      if (w > 60) { c.globalAlpha = 0.85; c.fillRect(inside - 3, y - 8, w + 6, 16); c.globalAlpha = 1; label(c, text, inside, y + 4, w + 2, colours.text); }
    }
  });
}

function drawChosen(c) {
  if (chosen.time !== null) {
    const x = view.x(chosen.time);
    c.strokeStyle = colours.link; c.lineWidth = 1; c.beginPath(); c.moveTo(x, 0); c.lineTo(x, drawn.height); c.stroke();
  }
  if (chosen.fact >= 0) {
    const x = view.x(run.at[chosen.fact]), y = middleOf(chosen.fact);
    c.strokeStyle = colours.link; c.lineWidth = 2; c.beginPath(); c.arc(x, y, 8, 0, 7); c.stroke();
    const lease = run.lookOf(chosen.fact).group === 'lease' && run.until.has(chosen.fact);
    if (lease) {
      const end = view.x(run.until.get(chosen.fact)), below = y + 15;
      c.setLineDash([3, 2]); c.beginPath(); c.moveTo(x, y + 8); c.lineTo(x, below); c.lineTo(end, below); c.lineTo(end, below - 6); c.stroke(); c.setLineDash([]);
    }
  }
}

function drawNames(c) {
  run.lanes.forEach((lane, i) => {
    c.fillStyle = i % 2 ? colours['lane-odd'] : colours.lane;
    c.fillRect(0, lane.top, view.labels, lane.bottom - lane.top);
    const middle = (lane.top + lane.bottom) / 2 + 4;
    if (lane.kind === 'replica') { c.fillStyle = colourOf(lane.actor); c.fillRect(0, lane.top + 2, 5, lane.bottom - lane.top - 4); }
    c.font = lane.kind === 'replica' || lane.kind === 'lease' ? fonts.bold : fonts.plain;
    label(c, lane.name, 11, lane.kind === 'requests' ? lane.rowTops[0] + 10 : middle, view.labels - 14, colours.text);
    c.font = fonts.plain;
    if (lane.kind === 'lease') label(c, 'runs until', 11, lane.rowTops[1] + 14, view.labels - 14, colours.soft);
    if (lane.kind === 'requests') run.replicas.forEach((name, actor) => label(c, 'by ' + name, 18, lane.rowTops[actor + 1] + 10, view.labels - 22, colourOf(actor)));
  });
}
