import { Injectable } from '@nestjs/common';

/** Whether the start is done, and whether shutdown has begun. */
@Injectable()
export class ShutdownState {
  private drainingSince: number | undefined;
  private readonly startWork: Promise<void>[] = [];
  private pending: readonly Promise<void>[] = [];

  get isDraining(): boolean {
    return this.drainingSince !== undefined;
  }

  /** Holds back readiness until work of the start is done; a failure ends the start. */
  holdReadiness(work: Promise<void>): void {
    this.startWork.push(work);
    work.then(
      () => (this.pending = this.pending.filter((other) => other !== work)),
      () => undefined, // `started` tells
    );
    this.pending = [...this.pending, work];
  }

  /** Whether work of the start is still under way. */
  get isStarting(): boolean {
    return this.pending.length > 0;
  }

  /** Settles when the work that holds back readiness is done; rejects when one of it failed. */
  async started(): Promise<void> {
    await Promise.all(this.startWork);
  }

  /** From now on the service is not ready, though it still answers. */
  startDraining(): void {
    this.drainingSince ??= Date.now();
  }
}
