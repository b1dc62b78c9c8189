
// What the page is about: the run, as the command has put it in. All strings in it are from a history, and are shown as text only.
const run = JSON.parse(document.getElementById('data').textContent);
run.count = run.at.length;
for (let i = 1; i < run.count; i++) run.at[i] += run.at[i - 1];
run.at = Float64Array.from(run.at);
run.look = Uint32Array.from(run.look);
run.until = new Map(run.until);
run.lookOf = (fact) => run.looks[run.look[fact]];

// Which facts stand in which row of which lane, and the spans of each row, in the order of time.
for (const lane of run.lanes) {
  lane.marks = Array.from({ length: lane.rows }, () => []);
  lane.rowsOfSpans = Array.from({ length: lane.rows }, () => []);
  lane.shades = [];
  for (const span of lane.spans) {
    const shade = lane.kind === 'replica' && (span.state === 'blocked' || span.state === 'disturbed');
    (shade ? lane.shades : lane.rowsOfSpans[span.row]).push(span);
  }
}
for (let fact = 0; fact < run.count; fact++) {
  const look = run.lookOf(fact);
  if (look.lane >= 0 && look.mark !== 'none') run.lanes[look.lane].marks[look.row].push(fact);
}
for (const lane of run.lanes) lane.marks = lane.marks.map((facts) => Uint32Array.from(facts));

// What a reader has chosen to see, and to look for.
const chosen = { hidden: new Set(), query: '', hits: null, fact: -1, time: null, breach: -1 };
const shows = (fact) => {
  const look = run.look[fact];
  return !chosen.hidden.has(run.looks[look].group) && (chosen.hits === null || chosen.hits[look] === 1);
};
