/** Asks a middleware over HTTP, as a client does: a 200 answers the claims, any other status refuses. */
import { once } from 'node:events';

export async function overHttp(listener) {
  const server = listener.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return async (token) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    if (answer.status !== 200)
      throw new Error(`${answer.status} ${answer.headers.get('www-authenticate') ?? ''}`);
    return answer.json();
  };
}
