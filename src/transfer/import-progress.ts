const EVERY_MS = 5_000;
const EVERY_MS_ON_A_TERMINAL = 500;

/** Tells now and then how far an import has come: lines, rate, part of the file and time left. */
export class ImportProgressDisplay {
  private readonly start = performance.now();
  private told = this.start;

  constructor(
    private readonly from: { readonly lines: number; readonly offset: number },
    private readonly size: number,
    private readonly output: NodeJS.WriteStream,
  ) {}

  tell(lines: number, offset: number): void {
    const now = performance.now();
    if (now - this.told < (this.output.isTTY ? EVERY_MS_ON_A_TERMINAL : EVERY_MS)) return;
    this.told = now;
    const seconds = (now - this.start) / 1000;
    const left = ((this.size - offset) * seconds) / Math.max(1, offset - this.from.offset);
    const part = Math.floor((100 * offset) / Math.max(1, this.size));
    const text = `${lines} lines, ${part} %, ${this.rate(lines)} lines/s, ${duration(left)} left`;
    this.output.write(this.output.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
  }

  /** What stands in place of it at the end. */
  finish(lines: number): string {
    if (this.output.isTTY) this.output.write('\r\u001b[K');
    return `${duration((performance.now() - this.start) / 1000)}, ${this.rate(lines)} lines/s`;
  }

  private rate(lines: number): number {
    return Math.round(((lines - this.from.lines) * 1000) / Math.max(1, performance.now() - this.start));
  }
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${(whole / 3600).toFixed(1)} h`;
}
