/**
 * Backoff spaces attempts to connect. A host that restarts is back within
 * seconds and its person is waiting, so the wait stays at most `patient` for
 * the first two minutes and only then grows to `most`. A random third keeps
 * many viewers of one host from coming back in the same instant.
 */
export class Backoff {
  private attempts = 0;
  private waited = 0;

  constructor(
    private readonly first = 100,
    private readonly patient = 900,
    private readonly most = 10_000,
    private readonly random: () => number = Math.random,
  ) {}

  /** The number of waits since the last success. */
  get failures(): number {
    return this.attempts;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const limit = this.waited < 120_000 ? this.patient : this.most;
    const wait = Math.min(this.first * 2 ** Math.min(this.attempts, 16), limit);
    this.attempts++;
    this.waited += wait;
    return Math.round(wait * (1 - this.random() / 3));
  }

  /** Starts over, after a success. */
  reset(): void {
    this.attempts = 0;
    this.waited = 0;
  }
}
