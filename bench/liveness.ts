import { Agent, request } from 'node:http';
import type { Target } from './processes';
import { quantile } from './statistics';

const PARALLEL_LOGINS = 8;
const PAUSE_MS = 4;

/** The 99th percentile, in milliseconds, of GET /health/live during some seconds; with logins, while 8 at a time run. */
export async function livenessP99(target: Target, seconds: number, login?: string): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const logins =
    login === undefined ? [] : Array.from({ length: PARALLEL_LOGINS }, () => logInUntil(target, login, end));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies: number[] = [];
  while (performance.now() < end) {
    const start = performance.now();
    await get(`${target.url}/health/live`, agent);
    latencies.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await Promise.all(logins);
  agent.destroy();
  return quantile(
    latencies.sort((a, b) => a - b),
    0.99,
  );
}

async function logInUntil(target: Target, body: string, end: number): Promise<void> {
  while (performance.now() < end) {
    const response = await fetch(`${target.url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    // A full queue refuses, and is what is wanted here.
    if (!response.ok && response.status !== 503) throw new Error(`a login was answered ${response.status}`);
  }
}

function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => response.resume().on('end', resolve).on('error', reject))
      .on('error', reject)
      .end();
  });
}
