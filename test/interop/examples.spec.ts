import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON, PYTHON_LIBRARIES } from '../support/process/consumers';
import { describeWith, freePort } from '../support/process/debian';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { PATH } from '../support/process/node';
import { ROOT, run } from '../support/process/program';

const LIMIT_MS = 180_000;
const PAGE = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');

/** A block of shell of the page. */
function block(word: string): string {
  const blocks = [...PAGE.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  const found = blocks.find((text) => text.includes(word));
  if (found === undefined) throw new Error(`the page has no block with ${word}`);
  return found;
}

describeWith([PYTHON, ...PYTHON_LIBRARIES, '/usr/bin/curl'])('examples/README.md', () => {
  it(
    'its one command runs both examples beside the service, and ends with all that it started',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-examples-'));
      const [service, nest, fastapi] = [await freePort(), await freePort(), await freePort()];
      const ports = { SERVICE_PORT: service, NEST_PORT: nest, FASTAPI_PORT: fastapi };
      const texts = Object.entries(ports).map(([name, port]) => [name, String(port)] as const);
      const child = spawn('bash', ['-c', block('npm run examples')], {
        cwd: ROOT,
        env: { PATH, HOME: folder, TMPDIR: folder, PYTHON, ...Object.fromEntries(texts) },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true, // a terminal signals the whole group
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      try {
        await eventually(
          'all are ready',
          () => {
            if (child.exitCode !== null) throw new Error(output);
            return /^ready/m.test(output) || undefined;
          },
          LIMIT_MS / 2,
        );
        const commands = block('TOKEN=')
          .replaceAll('localhost:8001', `localhost:${service}`)
          .replaceAll('localhost:3001', `localhost:${nest}`)
          .replaceAll('localhost:3002', `localhost:${fastapi}`);
        const asked = await run('bash', ['-ec', commands], {}, folder);
        expect(asked.output).toMatch(
          /^\{"id":"[-0-9a-f]+","email":"ada@example\.com"\}\{"for":"Ada","reports":\["Builds of this week"\]\}/,
        );
        expect(asked.output.match(/^.*HTTP\/1\.1 401/gm)).toHaveLength(2);
      } finally {
        process.kill(-(child.pid ?? 0), 'SIGINT');
        await ended(child);
        rmSync(folder, { recursive: true, force: true });
      }
      for (const port of Object.values(ports))
        await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    },
    LIMIT_MS,
  );
});
