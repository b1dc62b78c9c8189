
// Times in words, and small pieces of the page. Text is only ever set as text.
const inSeconds = (time) => (time / 1e6).toFixed(Math.abs(time) < 1000 && time !== 0 ? 6 : 3) + ' s';
function clockTime(time) {
  const began = Date.parse(run.began);
  const whole = new Date(Math.round(began + time / 1000));
  return Number.isNaN(began) ? '' : whole.toISOString().slice(11, 23) + ' UTC';
}
function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
const byId = (id) => document.getElementById(id);
