
// The times on top.
const axis = document.getElementById('axis');
function gridStep() {
  const room = (view.to - view.from) / Math.max(2, (view.width - view.labels) / 110);
  const power = 10 ** Math.floor(Math.log10(room));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= room);
}
function gridTimes() {
  const step = gridStep(), times = [];
  for (let n = Math.ceil(view.from / step); n * step <= view.to; n++) times.push(n * step);
  return times;
}
function drawAxis() {
  const c = prepare(axis, 28);
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(gridStep() / 1e6) + 1e-9)));
  c.fillStyle = colours.text;
  c.textAlign = 'center';
  for (const time of gridTimes()) {
    const x = view.x(time);
    const text = (time / 1e6).toFixed(digits) + ' s';
    const half = c.measureText(text).width / 2;
    if (x - half > view.labels - 20 && x + half < view.width) c.fillText(text, x, 18);
    c.fillRect(Math.round(x), 23, 1, 5);
  }
  c.textAlign = 'left';
  if (chosen.time !== null) {
    const x = view.x(chosen.time), text = inSeconds(chosen.time), width = c.measureText(text).width + 10;
    const left = Math.min(Math.max(x - width / 2, 0), view.width - width);
    c.fillStyle = colours.link; box(c, left, 3, width, 20, 4); c.fill();
    c.fillStyle = colours['on-colour']; c.fillText(text, left + 5, 17);
  }
}
