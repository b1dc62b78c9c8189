
// Where each lane stands.
const heights = { faults: 20, lease: [26, 18], replica: 44, work: 10, requests: 13 };
if (run.lanes.some((lane) => lane.spans.some((span) => span.state === 'lost'))) heights.work = 17; // There are words in it.
const gap = 10;
function rowHeight(kind, row) { return Array.isArray(heights[kind]) ? heights[kind][Math.min(row, 1)] : heights[kind]; }
function layout() {
  let y = 4;
  for (const lane of run.lanes) {
    lane.top = y;
    lane.rowTops = [];
    y += gap / 2;
    for (let row = 0; row < lane.rows; row++) { lane.rowTops.push(y); y += rowHeight(lane.kind, row); }
    y += gap / 2;
    lane.bottom = y;
  }
  return y + 4;
}
const rowMiddle = (lane, row) => lane.rowTops[row] + rowHeight(lane.kind, row) / 2;
const middleOf = (fact) => {
  const look = run.lookOf(fact);
  return look.lane < 0 ? 6 : rowMiddle(run.lanes[look.lane], look.row);
};
