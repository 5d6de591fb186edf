/** Loaded before a service by `--require`: tells each package of OpenTelemetry that is loaded. */
const Module = require('node:module');
const load = Module._load;
Module._load = function (name, ...rest) {
  if (/@opentelemetry\//.test(name)) process.stderr.write(`loaded ${name}\n`);
  return load.call(this, name, ...rest);
};
