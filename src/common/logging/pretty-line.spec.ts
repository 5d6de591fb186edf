import { prettyLine } from './pretty-line';

const ESCAPE = '\u001b';
const ESCAPES = new RegExp(`${ESCAPE}\\[\\d+m`, 'g');
const TIME = '2026-11-27T16:41:05.123Z';

/** The line without colours. */
const plain = (entry: object): string =>
  prettyLine(JSON.stringify({ level: 'info', time: TIME, service: 'auth', ...entry })).replaceAll(
    ESCAPES,
    '',
  );

describe('a log line for people', () => {
  it('tells time, level, message and members', () => {
    expect(plain({ msg: 'request', method: 'GET', route: '/teams/:id', status: 200, code: 'a code' })).toBe(
      '16:41:05.123 INFO  request  method=GET route=/teams/:id status=200 code="a code"\n',
    );
    expect(plain({ msg: 'listening' })).toBe('16:41:05.123 INFO  listening\n');
  });

  it('has the stack of an error and of its causes on lines of their own', () => {
    const err = { type: 'Error', stack: 'Error: a\n    at b', cause: { type: 'X', message: 'y', code: 'Z' } };
    expect(plain({ level: 'error', msg: 'unexpected error', err })).toBe(
      '16:41:05.123 ERROR unexpected error\n    Error: a\n        at b\n  caused by\n    X: y\n    code Z\n',
    );
  });

  it('hands no command to the terminal, and no second line', () => {
    const hostile = 'a\u001b[2Jb\nc\u009b31md\u007f';
    const line = plain({ msg: hostile, name: hostile });
    expect(line).toBe(
      String.raw`16:41:05.123 INFO  a\u001b[2Jb\nc\u009b31md\u007f  name="a\u001b[2Jb\nc\u009b31md\u007f"` +
        '\n',
    );
  });
});
