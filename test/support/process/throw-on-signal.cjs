/** Loaded before a service by `--require`: a fault that nobody catches, at SIGUSR2. */
process.on('SIGUSR2', () => {
  throw new Error('a fault of the tests');
});
