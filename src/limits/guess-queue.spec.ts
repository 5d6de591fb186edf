import { AppError } from '../common/errors/app-error';
import { GuessQueue, type Verdict } from './guess-queue';

const WAITS: Verdict = { refusal: new AppError('overloaded'), of: 'wait' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('GuessQueue', () => {
  it('tries again at once when a guess at the subject was settled here, and not for another subject', async () => {
    const queue = new GuessQueue(600_000);
    let attempts = 0;
    const passed = queue.pass('a', () => Promise.resolve(++attempts > 1 ? 'reserved' : WAITS));
    await turn();
    queue.wake('b');
    await turn();
    expect(attempts).toBe(1);
    queue.wake('a');
    await turn();
    expect(attempts).toBe(2);
    await passed;
  });

  it('tries again by itself: a guess may be settled by another process', async () => {
    let attempts = 0;
    await new GuessQueue(1).pass('a', () => Promise.resolve(++attempts > 2 ? 'reserved' : WAITS));
    expect(attempts).toBe(3);
  });
});
