
// Mouse, wheel and touch.
const tip = byId('tip');
const pointers = new Map();
let moved = 0, pinch = 0;
const spot = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };

canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : 1;
  const along = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
  if (Math.abs(along) > Math.abs(event.deltaY) || event.shiftKey) view.pan(along * unit * view.perPixel);
  else view.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * unit * 0.0025))), view.time(Math.max(spot(event)[0], view.labels)));
}, { passive: false });

canvas.addEventListener('pointerdown', (event) => {
  if (event.button > 0) return;
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, spot(event));
  if (pointers.size === 1) moved = 0;
  pinch = 0;
  tip.hidden = true;
});
canvas.addEventListener('pointermove', (event) => {
  const now = spot(event), before = pointers.get(event.pointerId);
  if (!before) { if (event.pointerType === 'mouse') showTip(now); return; }
  pointers.set(event.pointerId, now);
  if (pointers.size === 1) {
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (moved > 5) view.pan((before[0] - now[0]) * view.perPixel);
    return;
  }
  moved = 100;
  const [a, b] = [...pointers.values()];
  const apart = Math.max(10, Math.abs(a[0] - b[0]));
  if (pinch) view.zoom(pinch / apart, view.time((a[0] + b[0]) / 2));
  pinch = apart;
});
const release = (event) => {
  const last = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  pinch = 0;
  if (last && event.type === 'pointerup' && moved <= 5) click(last);
};
canvas.addEventListener('pointerup', release);
canvas.addEventListener('pointercancel', release);
canvas.addEventListener('pointerleave', () => { tip.hidden = true; });
canvas.addEventListener('dblclick', (event) => view.zoom(0.4, view.time(spot(event)[0])));

function click([x, y]) {
  const found = under(x, y);
  if (!found) return;
  if (found.fact >= 0) { choose(found.fact); selectFact(found.fact); } else chooseTime(view.time(x));
}
function showTip([x, y]) {
  const found = under(x, y);
  if (!found) { tip.hidden = true; return; }
  const lines = [inSeconds(view.time(x))];
  if (found.fact >= 0) lines[0] = inSeconds(run.at[found.fact]) + '  ' + run.lookOf(found.fact).words;
  for (const span of found.spans.slice(0, 3)) lines.push(span.words);
  for (const bracket of found.brackets) lines.push(bracket.words);
  tip.textContent = lines.join('\n');
  tip.hidden = false;
  const left = x + 16 + tip.offsetWidth > view.width ? Math.max(0, x - 16 - tip.offsetWidth) : x + 16;
  tip.style.left = left + 'px';
  tip.style.top = canvas.offsetTop + y + 18 + 'px';
}
