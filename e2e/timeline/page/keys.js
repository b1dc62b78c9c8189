
// The keys, wherever the focus is, but in a field or in the table.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === searchBox || event.target.closest('#table')) return;
  const tenth = (view.to - view.from) / 10;
  const does = {
    ArrowLeft: () => view.pan(-tenth), ArrowRight: () => view.pan(tenth), a: () => view.pan(-tenth), d: () => view.pan(tenth),
    '+': () => zoomIn(), '=': () => zoomIn(), w: () => zoomIn(), '-': () => zoomOut(), s: () => zoomOut(),
    0: () => view.whole(), Home: () => view.whole(),
    n: () => step(1), p: () => step(-1), b: () => stepBreach(1), B: () => stepBreach(-1),
    '/': () => searchBox.focus(),
    Escape: () => { chosen.fact = chosen.breach = -1; chosen.time = null; tellDetails(); markBreach(); redraw(); },
  }[event.key];
  const onCanvas = event.target === canvas || event.target === document.body;
  if (!does || !onCanvas && (event.key.startsWith('Arrow') || event.key === 'Home')) return;
  does();
  event.preventDefault();
});
const middle = () => chosen.time !== null && chosen.time > view.from && chosen.time < view.to ? chosen.time : undefined;
const zoomIn = () => view.zoom(0.6, middle());
const zoomOut = () => view.zoom(1 / 0.6, middle());
function stepBreach(by) {
  const n = run.breaches.length;
  if (n) showBreach((chosen.breach + by + n + (chosen.breach < 0 && by < 0 ? 1 : 0)) % n);
}
