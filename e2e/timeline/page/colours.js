
// The colours of the style sheet, for the canvas; read again when the reader's system turns dark or light.
const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['page', 'raised', 'lane', 'lane-odd', 'text', 'soft', 'line', 'good', 'bad', 'unsure', 'fault', 'link', 'on-colour', 'other']) {
    colours[name] = style.getPropertyValue('--' + name).trim();
  }
  colours.actors = [0, 1, 2, 3, 4, 5].map((i) => style.getPropertyValue('--actor-' + i).trim());
  colours.hatches = new Map();
}
const family = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
const fonts = { plain: '12px ' + family, bold: '600 13px ' + family };
const colourOf = (actor) => actor < 0 ? colours.other : colours.actors[actor % colours.actors.length];

// Stripes in a colour; what they lie on shows between them.
function hatch(context, colour, gap = 6) {
  const key = colour + gap;
  if (!colours.hatches.has(key)) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = gap * 2;
    const brush = tile.getContext('2d');
    brush.strokeStyle = colour;
    brush.lineWidth = 1.6;
    brush.beginPath();
    for (let i = -1; i < 3; i++) { brush.moveTo(i * gap, gap * 2); brush.lineTo(i * gap + gap * 2, 0); }
    brush.stroke();
    colours.hatches.set(key, context.createPattern(tile, 'repeat'));
  }
  return colours.hatches.get(key);
}
