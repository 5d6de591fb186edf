import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLines, type Line } from './line-reader';

const START = { lines: 0, offset: 0 };

describe('readLines', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-lines-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function read(content: string | Buffer, from = START): Promise<Line[]> {
    const path = join(folder, 'file');
    writeFileSync(path, content);
    const lines: Line[] = [];
    for await (const line of readLines(path, from)) lines.push(line);
    return lines;
  }
  const texts = (lines: readonly Line[]) => lines.map(({ text, fault }) => text ?? fault);

  it.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['\n\na', ['', '', 'a']],
    ['\ufeffä\r\n\ufeffb\n', ['ä\r', '\ufeffb']],
  ])('reads %j', async (content, expected) => {
    expect(texts(await read(content))).toEqual(expected);
  });

  it('reads lines that are longer than what is read at once, up to a bound, and goes on behind', async () => {
    const long = 'ä'.repeat(300_000);
    const tooLong = 'x'.repeat(1024 * 1024 + 1);
    const lines = await read(['a', long, tooLong, 'b', tooLong].join('\n'));
    expect(texts(lines)).toEqual([
      'a',
      long,
      'is longer than 1048576 bytes',
      'b',
      'is longer than 1048576 bytes',
    ]);
  });

  it('refuses what is not UTF-8, and goes on behind', async () => {
    const content = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b')]);
    expect(texts(await read(content))).toEqual(['a', 'is not UTF-8', 'b']);
  });

  it('goes on from the end of each line', async () => {
    const content = ['first', 'ä'.repeat(100_000), '', 'last'].join('\n');
    const lines = await read(content);
    for (const [index, { number, endOffset }] of lines.entries())
      expect(await read(content, { lines: number, offset: endOffset })).toEqual(lines.slice(index + 1));
  });
});
