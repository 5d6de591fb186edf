import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { register } from '../support/http/accounts';
import { isValid } from '../support/tokens/sessions';
import { useService } from '../support/process/use-service';

const FOLDER = join(__dirname, 'http-clients');
/** Debian's Python, with its packages; another one in the path does not have them. */
const PROGRAMS: [string, string, string][] = [
  ['axios and fetch', process.execPath, 'node.mjs'],
  ['requests, httpx and urllib', '/usr/bin/python3', 'python.py'],
  ['curl', process.execPath, 'curl.mjs'],
];

interface Outcome {
  readonly names: string[];
  readonly answers: unknown[];
}

describe('sign-out by the HTTP clients of others, whatever they make of no body', () => {
  const service = useService();

  it.each(PROGRAMS)('%s', async (_clients, program, file) => {
    const { names } = await ask(program, file, {});
    expect(names.length).toBeGreaterThan(5);
    const accounts = await Promise.all(names.map(() => register(service)));
    const tokens = accounts.map(({ token }) => token);
    const { answers } = await ask(program, file, { url: service.url, tokens });
    const stillIn = await Promise.all(tokens.map((token) => isValid(service, token)));
    const outcome = names.map((name, at) => [name, answers[at], stillIn[at]]);
    expect(outcome).toEqual(names.map((name) => [name, 204, false]));
  });
});

async function ask(program: string, file: string, asked: object): Promise<Outcome> {
  const child = spawn(program, [join(FOLDER, file)], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(asked));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!output.startsWith('{')) throw new Error(`${program} ${file} says: ${errors}${output}`);
  return JSON.parse(output) as Outcome;
}
