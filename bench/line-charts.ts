/** A line of numbers over time. */
export interface Chart {
  readonly title: string;
  /** How a value is written at the axis. */
  readonly unit: (value: number) => string;
  readonly values: readonly number[];
  /** Further lines. */
  readonly others?: readonly (readonly number[])[];
}

const WIDTH = 380;
const HEIGHT = 150;
const COLUMNS = 2;
const MARGIN = { left: 64, right: 12, top: 28, bottom: 22 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const INK = '#334155';
const LINES = ['#2563eb', '#dc2626', '#16a34a', '#d97706', '#9333ea', '#0891b2', '#be185d', '#4d7c0f'];

/** Several charts over the same time, as one SVG picture; each begins at zero. */
export function lineCharts(charts: readonly Chart[], minutes: number): string {
  const rows = Math.ceil(charts.length / COLUMNS);
  const parts = charts.map((chart, at) => {
    const [x, y] = [(at % COLUMNS) * WIDTH, Math.floor(at / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${drawn(chart, minutes)}</g>`;
  });
  const [width, height] = [COLUMNS * WIDTH, rows * HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="11" fill="${INK}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function drawn({ title, unit, values, others = [] }: Chart, minutes: number): string {
  const lines = [values, ...others];
  const length = Math.max(...lines.map((line) => line.length));
  const top = Math.max(...lines.flat(), Number.MIN_VALUE) * 1.1;
  // What begins later ends with the others.
  const x = (at: number, line: readonly number[]) =>
    MARGIN.left + ((at + length - line.length) / Math.max(1, length - 1)) * PLOT.width;
  const y = (value: number) => MARGIN.top + PLOT.height - (value / top) * PLOT.height;
  const polylines = lines.map((line, n) => {
    const points = line.map((value, at) => `${x(at, line).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${LINES[n % LINES.length]}" stroke-width="1.5"/>`;
  });
  const ticks = [0, 0.5, 1].map((share) => {
    const at = y(top * share).toFixed(1);
    const line = `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#e2e8f0"/>`;
    return `${line}<text x="${MARGIN.left - 6}" y="${at}" text-anchor="end" dy="4">${unit(top * share)}</text>`;
  });
  const bottom = HEIGHT - 6;
  return [
    `<text x="${MARGIN.left}" y="18" font-weight="600">${title}</text>`,
    ...ticks,
    ...polylines,
    `<text x="${MARGIN.left}" y="${bottom}">0</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="${bottom}" text-anchor="end">${minutes} min</text>`,
  ].join('');
}
