import { counter, gauge, histogram, instruments } from './instruments';

describe('an instrument', () => {
  it('counts by the values of its labels, and tells zero before the first where it has none', () => {
    const plain = counter('test_plain_total', 'Things', []);
    expect(plain.samples()).toEqual([{ labels: {}, value: 0 }]);
    plain.add();
    plain.add();
    expect(plain.samples()).toEqual([{ labels: {}, value: 2 }]);
    const labelled = counter('test_labelled_total', 'Things', ['kind', 'result']);
    expect(labelled.samples()).toEqual([]);
    labelled.add('a', 'good');
    labelled.add('a', 'bad');
    labelled.add('a', 'good');
    expect(labelled.samples()).toEqual([
      { labels: { kind: 'a', result: 'good' }, value: 2 },
      { labels: { kind: 'a', result: 'bad' }, value: 1 },
    ]);
  });

  it('sorts values under their upper bounds, each of which includes the ones below', () => {
    const sizes = histogram('test_sizes', 'Sizes', ['kind'], [1, 10]);
    for (const value of [0.5, 1, 5, 50]) sizes.observe(value, 'a');
    const told = sizes.samples().map(({ metricName, labels, value }) => [metricName, labels.le, value]);
    expect(told).toEqual([
      ['test_sizes_bucket', '1', 2],
      ['test_sizes_bucket', '10', 3],
      ['test_sizes_bucket', '+Inf', 4],
      ['test_sizes_sum', undefined, 56.5],
      ['test_sizes_count', undefined, 4],
    ]);
  });

  it('reads a state when asked, from whoever says last how', () => {
    const state = gauge('test_state', 'A state', ['kind']);
    expect(state.samples()).toEqual([]);
    state.from(() => [[1, 'a']]);
    state.from(() => [[2, 'b']]);
    expect(state.samples()).toEqual([{ labels: { kind: 'b' }, value: 2 }]);
  });

  it('keeps a bound on its series, and loses no count beyond it', () => {
    const many = counter('test_many_total', 'Things', ['kind']);
    for (let at = 0; at < 5_000; at++) many.add(`k${at}`);
    const samples = many.samples();
    expect(samples).toHaveLength(2_001);
    expect(samples.find(({ labels }) => labels.kind === 'other')?.value).toBe(3_000);
  });

  it('is declared once', () => {
    expect(() => gauge('test_state', 'Another', [])).toThrow('test_state is declared twice');
    expect(instruments().map(({ name }) => name)).toContain('test_state');
  });
});
