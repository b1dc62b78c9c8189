
// Each breach as a red line between its facts, with by how much.
function drawBreaches(c) {
  let shown = 0;
  run.breaches.forEach((breach, i) => {
    if (i === chosen.breach || shown > 300 || !breach.facts.length) return;
    const times = breach.facts.map((f) => run.at[f]);
    if (Math.max(...times) < view.from || Math.min(...times) > view.to) return;
    shown++;
    drawBreach(c, breach, false);
  });
  if (chosen.breach >= 0) drawBreach(c, run.breaches[chosen.breach], true);
}

function drawBreach(c, breach, bold) {
  const points = breach.facts.map((fact) => [view.x(run.at[fact]), middleOf(fact)]).sort((a, b) => a[0] - b[0]);
  if (!points.length) return;
  const faint = !bold && (chosen.breach >= 0 || !breach.promised);
  c.globalAlpha = faint ? 0.35 : 1;
  c.strokeStyle = c.fillStyle = colours.bad;
  c.lineWidth = bold ? 2.5 : 1.5;
  c.setLineDash(breach.promised ? [] : [5, 4]);
  c.beginPath();
  points.forEach(([x, y], i) => i ? c.lineTo(x, y) : c.moveTo(x, y));
  c.stroke();
  c.setLineDash([]);
  for (const [x, y] of points) { c.beginPath(); c.arc(x, y, bold ? 6 : 4, 0, 7); c.fill(); }
  c.globalAlpha = 1;
  drawn.strokes++;
  if (!breach.by || faint) return;
  const [first, last] = [points[0], points[points.length - 1]];
  if (!bold && last[0] - first[0] < 46) return;
  const text = 'by ' + breach.by, width = c.measureText(text).width + 10;
  const x = Math.min(Math.max((Math.max(first[0], view.labels) + Math.min(last[0], view.width)) / 2, view.labels + width / 2 + 2), view.width - width / 2 - 2);
  const y = (first[1] + last[1]) / 2;
  box(c, x - width / 2, y - 10, width, 20, 10);
  c.fill();
  c.fillStyle = colours['on-colour'];
  c.fillText(text, x - width / 2 + 5, y + 4);
}

function showBreach(i) {
  chosen.breach = i;
  const facts = run.breaches[i].facts;
  if (facts.length) {
    const times = facts.map((f) => run.at[f]);
    const from = Math.min(...times), to = Math.max(...times);
    const room = from === to ? Math.max(run.length * 0.15, 1000000) : Math.max((to - from) * 0.6, 200000);
    choose(facts[facts.length - 1]);
    view.show(from - room, to + room);
  }
  markBreach();
}
