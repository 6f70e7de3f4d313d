import { Backoff } from './backoff';

/** How long a host may take to offer, in ms. */
const offerTime = 5000;

/** Attempts times the joins of a peer that is called: how long each may take, and how long until the next. */
export class Attempts {
  /** When the next is, on performance.now()'s clock; undefined while one is under way, or none is to come. */
  at: number | undefined;
  private readonly backoff = new Backoff(200);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly possible: () => boolean,
    private readonly join: () => void,
  ) {}

  /** An attempt is under way; tells when nobody answers it. */
  begin(unanswered: () => void): void {
    this.stop();
    this.timer = setTimeout(unanswered, offerTime);
  }

  /** Plans the next attempt, after a wait in ms or more. Without signalling it begins when that is back. */
  plan(least: number): void {
    this.stop();
    const wait = Math.max(this.backoff.next(), least);
    this.at = performance.now() + wait;
    if (this.possible()) this.timer = setTimeout(this.join, wait);
  }

  /** Nothing begins before signalling is back. */
  wait(until: number): void {
    this.stop();
    this.at = until;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.at = undefined;
  }

  /** Starts over, after a success. */
  reset(): void {
    this.stop();
    this.backoff.reset();
  }
}
