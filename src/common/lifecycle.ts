import { Injectable } from '@nestjs/common';

/** Whether the process is on its way out. */
@Injectable()
export class Lifecycle {
  private drainingSince: number | undefined;

  get isDraining(): boolean {
    return this.drainingSince !== undefined;
  }

  /** From now on the service is not ready, though it still answers. */
  startDraining(): void {
    this.drainingSince ??= Date.now();
  }
}
