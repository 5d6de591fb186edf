#!/usr/bin/env bash
# nodemailer 10.6.1 changes the object that is given as `from` while it makes the message: with a frozen one, such as a
# constant of a configuration, sending is rejected with a TypeError about a read only property, and an ordinary one is changed
# silently. A copy (`{ ...from }`) is fine, and is what the mail sender of the service passes. Needs Node.js 20 and the npm registry.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --save-exact nodemailer@10.6.1
cat >look.cjs <<'JS'
'use strict';
const assert = require('node:assert/strict');
const { createTransport } = require('nodemailer');
const transport = createTransport({ streamTransport: true, buffer: true });
const from = Object.freeze({ name: 'Example', address: 'sender@example.com' });
const mail = { to: 'reader@example.com', subject: 'A subject', text: 'A text' };

(async () => {
  const outcome = await transport.sendMail({ ...mail, from }).then(() => 'sent', (error) => error);
  console.log('a frozen object:', outcome instanceof Error ? `${outcome.name}: ${outcome.message}` : outcome);
  assert.ok(outcome instanceof TypeError);
  assert.match(outcome.message, /read only|not extensible/);
  const copied = await transport.sendMail({ ...mail, from: { ...from } });
  console.log('a copy of it: sent, from', copied.envelope.from);
  assert.equal(copied.envelope.from, 'sender@example.com');
})();
JS
node look.cjs
