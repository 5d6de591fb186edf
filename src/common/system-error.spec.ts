import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemErrorSentence } from './system-error';

const sentence = (error: unknown) => systemErrorSentence(error, 'PORT=8002 npm start');

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('systemErrorSentence', () => {
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-system-error-'))));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('names the port that is taken, and how to choose another', async () => {
    const first = createServer().listen(0);
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const second = createServer().listen(port);
    const [error] = (await once(second, 'error')) as [Error];
    expect(sentence(error)).toBe(
      `Port ${port} is taken by another program: stop that one, or choose another port: PORT=8002 npm start`,
    );
    first.close();
  });

  it('names the file or folder, and what is the matter with it', () => {
    const missing = join(directory, 'none', 'key.pem');
    expect(sentence(thrownBy(() => readFileSync(missing)))).toBe(`${missing} does not exist`);
    const there = join(directory, 'key.pem');
    writeFileSync(there, '');
    expect(sentence(thrownBy(() => writeFileSync(there, '', { flag: 'wx' })))).toBe(
      `${there} exists already, and is not overwritten`,
    );
    expect(sentence(thrownBy(() => readFileSync(directory)))).toBeUndefined(); // Node names no path here
    expect(sentence(thrownBy(() => readFileSync(join(there, 'x'))))).toBe(
      `${join(there, 'x')} is below something that is not a folder`,
    );
  });

  it('has nothing to say of other errors', () => {
    expect(sentence(new Error('something'))).toBeUndefined();
    expect(sentence(Object.assign(new Error('x'), { code: '23505' }))).toBeUndefined();
    expect(sentence('a text')).toBeUndefined();
  });
});
