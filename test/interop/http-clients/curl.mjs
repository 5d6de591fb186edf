/** Signs out with curl and wget, in every form that people write; standard input and output as in node.mjs. */
import { execFile } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const FORMS = {
  'curl -X POST': ['-X', 'POST'],
  "curl -d ''": ['-d', ''],
  'curl -d @/dev/null': ['-d', '@/dev/null'],
  'curl --data-binary @/dev/null, JSON': [
    '--data-binary',
    '@/dev/null',
    '-H',
    'Content-Type: application/json',
  ],
  "curl --json ''": ['--json', ''],
  'curl -X POST, JSON': ['-X', 'POST', '-H', 'Content-Type: application/json'],
  'curl -X POST, chunked': ['-X', 'POST', '-H', 'Transfer-Encoding: chunked', '-d', ''],
  'curl -X POST -T, from standard input': ['-X', 'POST', '-T', '-'],
  'curl --http1.0 -X POST': ['--http1.0', '-X', 'POST'],
  'curl -F of nothing, label only': ['-X', 'POST', '-H', 'Content-Type: multipart/form-data'],
};

const { url, tokens = [] } = await json(process.stdin);
const names = Object.keys(FORMS);
const answers = tokens.map(async (token, at) => {
  const common = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: Bearer ${token}`];
  const call = execute('curl', [...common, ...FORMS[names[at]], `${url}/auth/logout`]);
  call.child.stdin?.end();
  return Number((await call).stdout);
});
process.stdout.write(JSON.stringify({ names, answers: await Promise.all(answers) }));
