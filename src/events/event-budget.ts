/** So many changes are told one by one: as many as one statement names, and some. */
const CAPACITY = 1_500;
const PER_SECOND = 2_500;

/** How many changes are worth telling one by one: beyond that, telling that all has changed costs everybody less. */
export class EventBudget {
  private left = CAPACITY;
  private at = performance.now();

  /** Takes so many out, if there are as many. */
  take(count: number, now = performance.now()): boolean {
    this.left = Math.min(CAPACITY, this.left + ((now - this.at) / 1000) * PER_SECOND);
    this.at = now;
    if (count > this.left) return false;
    this.left -= count;
    return true;
  }
}
