import { EventBudget } from './event-budget';

describe('EventBudget', () => {
  it('lets as many through at once as a statement names, and no more until time has passed', () => {
    const budget = new EventBudget();
    const now = performance.now();
    expect(budget.take(1_000, now)).toBe(true);
    expect(budget.take(1_000, now)).toBe(false);
    expect(budget.take(1_000, now + 1_000)).toBe(true);
  });
});
