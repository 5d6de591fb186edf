/**
 * Several applications in one process, each on a port of its own, which SIGTERM ends all at once, each as `main` would:
 * many rounds of a stop for the price of one start.
 *
 *   node replicas.cjs 0 1 3     one for each drain time in seconds; prints the ports as JSON, and at the end whether each
 *                               stop was in order
 */
'use strict';
require('reflect-metadata');
const { resolve } = require('node:path');

const dist = resolve(process.env.TEST_BUILD, 'src');
const { createApp } = require(`${dist}/bootstrap/create-app.js`);
const { loadConfiguration } = require(`${dist}/config/configuration.js`);
const { DatabaseStarter } = require(`${dist}/database/database-starter.js`);
const { shutDown } = require(`${dist}/bootstrap/shutdown.js`);

async function main(drains) {
  const apps = [];
  for (const drain of drains) {
    const environment = { ...process.env, AUTH_SHUTDOWN_DRAIN_SECONDS: drain };
    const { app } = await createApp(loadConfiguration(environment));
    await app.listen(0, '127.0.0.1');
    await app.get(DatabaseStarter).ready;
    apps.push(app);
  }
  process.once('SIGTERM', () => {
    void Promise.all(apps.map(shutDown)).then((inOrder) => {
      process.stdout.write(`${JSON.stringify({ inOrder })}\n`);
      process.exit(0);
    });
  });
  process.stdout.write(
    `${JSON.stringify({ ports: apps.map((app) => app.getHttpServer().address().port) })}\n`,
  );
}

void main(process.argv.slice(2));
