
// The place of the first fact of a row, or of all facts, that is not before a time.
function firstFrom(facts, time, low = 0) {
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run.at[facts[middle]] < time) low = middle + 1; else high = middle;
  }
  return low;
}

function firstFact(time) {
  let low = 0, high = run.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run.at[middle] < time) low = middle + 1; else high = middle;
  }
  return low;
}

// The place of the first span of a row that ends after a time: in a row, none begins before the one before it has ended; where rows
// had to be shared, this finds one of the last that it could be, which is near enough for a picture.
function firstSpan(spans, time) {
  let low = 0, high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle].to < time) low = middle + 1; else high = middle;
  }
  return low;
}

// The last version of a Lease up to a time; -1 if there is none.
function versionAt(lane, time) {
  const place = firstFrom(lane.marks[0], time + 1e-9);
  return place > 0 ? lane.marks[0][place - 1] : -1;
}
