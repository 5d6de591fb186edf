const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/**
 * A source map with one place per line: a tenth of the whole, which Node would read at each start. Frames of a stack then
 * name the file and the line, as without a bundle.
 *
 * @param {string} text a source map, version 3 (https://tc39.es/ecma426/)
 */
export function byLines(text) {
  const { sources, mappings } = JSON.parse(text);
  return write(sources, read(mappings));
}

/**
 * The map, with one place per line, of texts put one after the other.
 *
 * @param {{ lines: number, map: string, sources: (name: string) => string }[]} parts how many lines each has, its own map, and how its sources are named from the whole
 */
export function joined(parts) {
  const sources = [];
  const places = [];
  for (const { lines, map, sources: named } of parts) {
    const part = JSON.parse(map);
    const first = sources.length;
    sources.push(...part.sources.map(named));
    const own = read(part.mappings).map((place) => place && [place[0] + first, place[1]]);
    for (let line = 0; line < lines; line += 1) places.push(own[line]);
  }
  return write(sources, places);
}

/** For each line the source and the line there of its first place, if it has one. */
function read(mappings) {
  const position = [0, 0, 0, 0]; // column here, source, line and column there: each is told as a difference
  return mappings.split(';').map((line) => {
    position[0] = 0;
    let first;
    for (const segment of line.split(',').filter(Boolean)) {
      decode(segment).forEach((difference, field) => (position[field] += difference));
      first ??= [position[1], position[2]];
    }
    return first;
  });
}

function write(sources, places) {
  let told = [0, 0];
  const lines = places.map((place) => {
    if (!place) return '';
    const differences = [0, place[0] - told[0], place[1] - told[1], 0];
    told = place;
    return differences.map(encode).join('');
  });
  return JSON.stringify({ version: 3, sources, names: [], mappings: lines.join(';') });
}

/** The numbers of a segment: base 64, least significant five bits first, the lowest bit is the sign. */
function decode(segment) {
  const numbers = [];
  let number = 0;
  let shift = 0;
  for (const digit of segment) {
    const value = VALUES.get(digit);
    number += (value & 31) << shift;
    shift += 5;
    if (value & 32) continue;
    numbers.push(number & 1 ? -(number >> 1) : number >> 1);
    number = 0;
    shift = 0;
  }
  return numbers.slice(0, 4); // the fifth would be a name
}

function encode(number) {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = '';
  do {
    const value = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? value | 32 : value];
  } while (rest > 0);
  return text;
}
