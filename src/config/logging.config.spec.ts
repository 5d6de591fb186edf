import { loggingValues } from './logging.config';

describe('the form of log lines', () => {
  it.each([
    ['development', true, 'pretty'],
    ['development', false, 'json'],
    ['production', true, 'json'],
    ['production', false, 'json'],
  ] as const)('in %s, in a terminal: %s, is %s', (environment, inTerminal, format) => {
    const values = { level: 'info', format: undefined } as const;
    expect(loggingValues(values, { environment, workers: 1 }, inTerminal)).toEqual({ level: 'info', format });
    expect(loggingValues({ ...values, format: 'json' }, { environment, workers: 1 }, inTerminal).format).toBe(
      'json',
    );
    expect(
      loggingValues({ ...values, format: 'pretty' }, { environment, workers: 1 }, inTerminal).format,
    ).toBe('pretty');
  });
});
