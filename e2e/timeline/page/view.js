
// The part of the run that is on the screen, in microseconds, and how it is moved.
const view = {
  from: 0, to: 1, width: 800, labels: 100,
  margin: Math.max(1000, run.length * 0.02),
  least: 20,
  x(time) { return this.labels + (time - this.from) / (this.to - this.from) * (this.width - this.labels); },
  time(x) { return this.from + (x - this.labels) / (this.width - this.labels) * (this.to - this.from); },
  get perPixel() { return (this.to - this.from) / (this.width - this.labels); },
  show(from, to) {
    const most = run.length + 2 * this.margin;
    const length = Math.min(most, Math.max(this.least, to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - length / 2, -this.margin), run.length + this.margin - length);
    this.to = this.from + length;
    redraw();
  },
  whole() { this.show(-this.margin, run.length + this.margin); },
  zoom(factor, around = (this.from + this.to) / 2) {
    const length = Math.min(run.length + 2 * this.margin, Math.max(this.least, (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.show(around - share * length, around + (1 - share) * length);
  },
  pan(by) { this.show(this.from + by, this.to + by); },
  // Moves no further than it must to have a time on the screen.
  reveal(time) {
    const length = this.to - this.from;
    if (time < this.from + length * 0.04 || time > this.to - length * 0.04) this.show(time - length / 2, time + length / 2);
    else redraw();
  },
};
