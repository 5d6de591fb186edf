#!/usr/bin/env bash
# undici 7.30.2, fetch through a ProxyAgent. A proxy that refuses the tunnel (407 or 403 to CONNECT) is told as "Request was cancelled."; that
# the proxy has refused, and with which status, stands only in the cause of the cause, an error named AbortError. Code that goes by the
# message, or tells time-outs and aborts apart by the name, takes a wrong password of the proxy for an abort of its own.
#
# Seen, for 407 and 403: TypeError "fetch failed", its cause "Request was cancelled.", the cause of that AbortError UND_ERR_ABORTED.
# What follows: the service, whose reads of key sets can go through a proxy, looks through the causes for what to tell its operator.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund undici@7.30.2
cat >try.cjs <<'JS'
const http = require('node:http');
const { ProxyAgent, fetch } = require('undici');

const proxy = http.createServer();
let status;
proxy.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`));
proxy.listen(0, '127.0.0.1', async () => {
  for (status of [407, 403]) {
    const dispatcher = new ProxyAgent(`http://127.0.0.1:${proxy.address().port}`);
    const error = await fetch('https://example.invalid/', { dispatcher }).catch((thrown) => thrown);
    const { cause } = error;
    console.log(status, error.message, '|', cause.message, '|', cause.cause.name, cause.cause.code);
    await dispatcher.destroy();
  }
  process.exit();
});
JS
seen=$(node try.cjs)
echo "$seen"
[[ "$seen" == $'407 fetch failed | Request was cancelled. | AbortError UND_ERR_ABORTED\n403 fetch failed | Request was cancelled. | AbortError UND_ERR_ABORTED' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
