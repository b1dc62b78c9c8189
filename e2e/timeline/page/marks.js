
// How each kind of span and mark looks. All drawing is in here, so that the legend cannot show anything else.
function box(c, x, y, width, height, radius = 3) {
  c.beginPath();
  c.roundRect(x, y, Math.max(width, 1.5), height, Math.min(radius, Math.max(width, 1.5) / 2));
}
function label(c, text, x, y, most, colour) {
  if (most < 22 || !text) return;
  c.fillStyle = colour;
  let shown = text;
  if (c.measureText(shown).width > most) {
    const share = most / c.measureText(shown).width;
    shown = shown.slice(0, Math.max(0, Math.floor(shown.length * share) - 1));
    if (shown.length < 3) return;
    shown += '…';
  }
  c.fillText(shown, x, y);
}

const spanLooks = {
  starting(c, s, x, w, y, h) {
    c.strokeStyle = colours.soft; c.lineWidth = 1.5; c.setLineDash([2, 3]);
    c.beginPath(); c.moveTo(x, y + h / 2); c.lineTo(x + w, y + h / 2); c.stroke(); c.setLineDash([]);
  },
  standby(c, s, x, w, y, h) {
    c.globalAlpha = 0.55; c.fillStyle = colourOf(s.actor); c.fillRect(x, y + h / 2 - 1.5, Math.max(w, 1), 3); c.globalAlpha = 1;
  },
  leading(c, s, x, w, y, h) {
    c.globalAlpha = 0.2; c.fillStyle = colourOf(s.actor); box(c, x, y + 3, w, h - 6); c.fill();
    c.globalAlpha = 1; c.strokeStyle = colourOf(s.actor); c.lineWidth = 1; c.stroke();
  },
  silent(c, s, x, w, y, h) {
    if (w < 3) return;
    c.fillStyle = colours.page; c.globalAlpha = 0.75; c.fillRect(x + 1, y + 12, w - 2, h - 24); c.globalAlpha = 1;
    label(c, 'silent', x + 5, y + h / 2 + 4, w - 10, colours.text);
  },
  told(c, s, x, w, y, h) {
    c.fillStyle = colours.fault; c.fillRect(x, y + h - 5, Math.max(w, 2), 4);
  },
  blocked(c, s, x, w, y, h) {
    c.globalAlpha = 0.22; c.fillStyle = colours.fault; c.fillRect(x, y, Math.max(w, 1), h);
    c.globalAlpha = 0.5; c.fillStyle = hatch(c, colours.fault); c.fillRect(x, y, Math.max(w, 1), h); c.globalAlpha = 1;
  },
  disturbed(c, s, x, w, y, h) { c.globalAlpha = 0.22; c.fillStyle = colours.fault; c.fillRect(x, y, Math.max(w, 1), h); c.globalAlpha = 1; },
  instant(c, s, x, w, y, h) {
    c.fillStyle = colours.fault; c.beginPath(); c.moveTo(x, y + 3); c.lineTo(x + 6, y + h / 2); c.lineTo(x, y + h - 3); c.lineTo(x - 6, y + h / 2); c.fill();
  },
  held(c, s, x, w, y, h) {
    c.fillStyle = colourOf(s.actor); box(c, x, y + 2, w, h - 4); c.fill();
  },
  expired(c, s, x, w, y, h) {
    c.fillStyle = colourOf(s.actor); c.globalAlpha = 0.16; box(c, x, y + 2, w, h - 4); c.fill(); c.globalAlpha = 1;
    c.strokeStyle = colourOf(s.actor); c.lineWidth = 1; c.setLineDash([3, 2]); c.stroke(); c.setLineDash([]);
  },
  free(c, s, x, w, y, h) {
    c.strokeStyle = colours.soft; c.lineWidth = 1; c.setLineDash([4, 3]); box(c, x + 0.5, y + 2.5, w - 1, h - 5); c.stroke(); c.setLineDash([]);
  },
  runs(c, s, x, w, y, h) {
    c.strokeStyle = colourOf(s.actor); c.lineWidth = 2; c.beginPath();
    c.moveTo(x, y + 2); c.lineTo(x, y + 6); c.lineTo(x + w, y + 6); c.lineTo(x + w, y + 2);
    c.moveTo(x + w, y + 6); c.lineTo(x + w, y + 10); c.stroke();
  },
  done(c, s, x, w, y, h) { c.globalAlpha = 0.8; c.fillStyle = colourOf(s.actor); c.fillRect(x, y + 2, Math.max(w, 1.5), Math.min(h - 4, 9)); c.globalAlpha = 1; },
  lost(c, s, x, w, y, h) { c.fillStyle = colours.bad; c.fillRect(x, y + 1, Math.max(w, 2), h - 2); },
};

// The words within a span, or beside it; where they are drawn depends on what is there.
function spanLabel(c, s, x, w, y, h, left, right) {
  const from = Math.max(x, left), room = Math.min(x + w, right) - from;
  switch (s.state) {
    case 'held': label(c, s.label, from + 6, y + h / 2 + 4, room - 10, colours['on-colour']); break;
    case 'expired': case 'free': label(c, s.label, from + 6, y + h / 2 + 4, room - 10, colours.text); break;
    case 'runs': if (right - from > 110) label(c, s.label, from + 5, y + h - 2, Math.min(Math.max(room - 8, 200), right - from - 8), colours.soft); break;
    case 'lost': label(c, s.label, from + 4, y + h / 2 + 4, room - 6, colours['on-colour']); break;
    default: break;
  }
}

const markLooks = {
  begin(c, x, y, h, colour) { c.fillStyle = colour; c.beginPath(); c.moveTo(x, y + h / 2 - 6); c.lineTo(x + 7, y + h / 2); c.lineTo(x, y + h / 2 + 6); c.fill(); },
  crown(c, x, y, h, colour) { c.fillStyle = colour; c.fillRect(x - 1, y + 1, 2.5, h - 2); c.beginPath(); c.moveTo(x, y); c.lineTo(x + 9, y + 5); c.lineTo(x, y + 10); c.fill(); },
  signal(c, x, y, h) { c.fillStyle = colours.fault; c.beginPath(); c.moveTo(x - 6, y); c.lineTo(x + 6, y); c.lineTo(x, y + 10); c.fill(); c.fillRect(x - 0.75, y, 1.5, h); },
  exit(c, x, y, h) {
    c.strokeStyle = colours.text; c.lineWidth = 2.5; c.beginPath();
    c.moveTo(x - 5, y + h / 2 - 5); c.lineTo(x + 5, y + h / 2 + 5); c.moveTo(x + 5, y + h / 2 - 5); c.lineTo(x - 5, y + h / 2 + 5); c.stroke();
  },
  refused(c, x, y, h) { c.strokeStyle = colours.fault; c.lineWidth = 2; c.strokeRect(x - 2.5, y + h / 2 - 3.5, 5, 7); },
  unanswered(c, x, y, h) { c.strokeStyle = colours.bad; c.lineWidth = 1.5; c.beginPath(); c.arc(x, y + h / 2, 3.5, 0, 7); c.stroke(); },
  missing(c, x, y, h) {
    c.strokeStyle = colours.bad; c.lineWidth = 2; c.beginPath();
    c.moveTo(x - 4, y + h / 2 - 4); c.lineTo(x + 4, y + h / 2 + 4); c.moveTo(x + 4, y + h / 2 - 4); c.lineTo(x - 4, y + h / 2 + 4); c.stroke();
  },
};
// Those that come by the thousand are drawn as bands where there is no room between them: from the top and to the bottom of a row.
const bands = { tick: [13, 13], renewal: [17, 3], applied: [3, 3] };
