import {
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify as verifySignature,
  type KeyObject,
} from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { Pool } from 'pg';

/**
 * The floor that the service is measured against: bare node:http, an HS256 (or ES256) check by node:crypto, and the user from memory
 * or, with `database`, by one prepared statement. It answers the same JSON to the same requests, and does nothing else.
 */
interface ReferenceOptions {
  readonly mode: 'memory' | 'database';
  /** The key of HS256; without it there is `publicKey`, of ES256. */
  readonly secret?: string;
  readonly publicKey?: string;
  readonly databaseUrl: string;
  /** The answer from memory. */
  readonly user: unknown;
}

const STATEMENT = {
  name: 'floor',
  text: `
    SELECT u.id, u.email, u.name, u.avatar_url, u.created_at,
      (SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'external_ref', t.external_ref,
         'is_active', t.is_active, 'role', m.role) ORDER BY t.name), '[]')
         FROM team_memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id) AS teams,
      (SELECT coalesce(json_agg(json_build_object('id', d.id, 'key', d.key, 'name', d.name,
         'parent_domain_id', d.parent_domain_id, 'is_active', d.is_active) ORDER BY d.name), '[]')
         FROM user_domains a JOIN domains d ON d.id = a.domain_id WHERE a.user_id = u.id) AS domains
    FROM users u WHERE u.id = $1`,
};

function serve({ mode, secret, publicKey, databaseUrl, user }: ReferenceOptions): void {
  const key = secret ?? createPublicKey(publicKey ?? '');
  const pool = mode === 'database' ? new Pool({ connectionString: databaseUrl, max: 10 }) : undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const validate = request.method === 'POST';
      const token = validate
        ? tokenOf(await readBody(request))
        : (request.headers.authorization ?? '').slice(7);
      const { uid } = verify(token, key);
      const person: unknown = pool ? (await pool.query({ ...STATEMENT, values: [uid] })).rows[0] : user;
      const body = JSON.stringify(validate ? { valid: true, user: person, error: null } : person);
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    })();
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
}

function tokenOf(body: string): string {
  return (JSON.parse(body) as { token: string }).token;
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => resolve(body));
    request.on('error', reject);
  });
}

function verify(token: string, key: string | KeyObject): { uid: string } {
  const [header = '', payload = '', signature = ''] = token.split('.');
  if (!hasSignature(`${header}.${payload}`, Buffer.from(signature, 'base64url'), key)) {
    throw new Error('a bad signature');
  }
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { uid: string; exp: number };
  if (claims.exp * 1000 < Date.now()) throw new Error('an expired token');
  return claims;
}

function hasSignature(content: string, signature: Buffer, key: string | KeyObject): boolean {
  if (typeof key === 'string') {
    return timingSafeEqual(createHmac('sha256', key).update(content).digest(), signature);
  }
  return verifySignature('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

serve(JSON.parse(process.argv[2] ?? '') as ReferenceOptions);
