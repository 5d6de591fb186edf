import { Injectable } from '@nestjs/common';

/** Whether the start is complete, and whether shutdown has begun. */
@Injectable()
export class ShutdownState {
  private drainingSince: number | undefined;
  private readonly listeners: (() => void)[] = [];
  private readonly startWork: Promise<void>[] = [];
  private pending: readonly Promise<void>[] = [];

  get isDraining(): boolean {
    return this.drainingSince !== undefined;
  }

  /** Delays readiness until work of the start is done; a failure aborts the start. */
  holdReadiness(work: Promise<void>): void {
    this.startWork.push(work);
    work.then(
      () => (this.pending = this.pending.filter((other) => other !== work)),
      () => undefined, // `started` rejects
    );
    this.pending = [...this.pending, work];
  }

  /** Whether work of the start is still in progress. */
  get isStarting(): boolean {
    return this.pending.length > 0;
  }

  /** Resolves when all work that delays readiness is done; rejects when any of it failed. */
  async started(): Promise<void> {
    await Promise.all(this.startWork);
  }

  /** From now on the service is not ready, although it still answers. */
  startDraining(): void {
    if (this.isDraining) return;
    this.drainingSince = Date.now();
    for (const listener of this.listeners) listener();
  }

  /** Calls a function when shutdown begins. */
  onDraining(listener: () => void): void {
    this.listeners.push(listener);
  }
}
