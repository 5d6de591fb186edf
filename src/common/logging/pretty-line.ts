const HIDDEN = new Set(['level', 'time', 'service', 'context', 'msg', 'err']);
const LEVEL_WIDTH = 5;
const COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31, fatal: 31 };
/** Texts that need no quotes. */
const PLAIN = /^[\w./:@+-]+$/;
/** What a terminal could take for a command (C1 and DEL; JSON escapes the other control characters). */
const TERMINAL_COMMANDS = /[\u007f-\u009f]/g;

/** A log line of JSON as a line for people: time, level, message, members; stacks on lines of their own. */
export function prettyLine(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const level = String(entry.level);
  const time = String(entry.time).slice(11, 23);
  const members = Object.entries(entry).filter(([name]) => !HIDDEN.has(name));
  const shown = members.map(([name, value]) => `${dim(`${name}=`)}${show(value)}`).join(' ');
  const head = `${dim(time)} ${colour(COLOURS[level] ?? 0, level.toUpperCase().padEnd(LEVEL_WIDTH))}`;
  return `${head} ${harmless(typeof entry.msg === 'string' ? entry.msg : '')}${shown && `  ${shown}`}\n${stackOf(entry.err)}`;
}

function show(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : quoted(value);
}

function quoted(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').replaceAll(TERMINAL_COMMANDS, escaped);
}

/** A text without quotes whose control characters are escaped. */
function harmless(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\"', '"');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { type, message, stack, code, cause } = error as Record<string, unknown>;
  const lines =
    typeof stack === 'string' && stack !== '' ? stack.split('\n') : [`${String(type)}: ${String(message)}`];
  const own = lines.map((line) => `    ${harmless(line)}\n`).join('');
  const codeLine = code === undefined ? '' : `    code ${show(code)}\n`;
  return own + codeLine + (cause === undefined ? '' : `  caused by\n${stackOf(cause)}`);
}

function dim(text: string): string {
  return colour(2, text);
}

function colour(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}
