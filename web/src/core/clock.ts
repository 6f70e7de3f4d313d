interface Sample {
  readonly at: number;
  readonly roundTrip: number;
  readonly offset: number;
}

/** Samples older than this no longer count: two clocks drift by a millisecond in about a minute. */
const maxAge = 60_000;

/**
 * Clock relates the other side's clock to performance.now() by pings. The sample
 * with the shortest round trip wins, as it has the least room for error.
 * Times here are milliseconds; the host's clock is in microseconds on the
 * wire only.
 */
export class Clock {
  private samples: Sample[] = [];
  private rtp: Readonly<Record<string, unknown>> = {};

  /** Takes a pong: sent and received by our clock, `now` by the host's in microseconds. */
  add(sent: number, received: number, now: number, rtp: Readonly<Record<string, unknown>> = {}): void {
    const roundTrip = received - sent;
    this.rtp = rtp;
    // What is not of our own sending, or no number, would spoil every answer.
    if (!(roundTrip >= 0 && Number.isFinite(now))) return;
    this.samples = this.samples.filter((s) => received - s.at < maxAge);
    this.samples.push({ at: received, roundTrip, offset: now / 1000 - (sent + roundTrip / 2) });
  }

  get known(): boolean {
    return this.samples.length > 0;
  }

  /** The shortest round trip of late, in milliseconds; NaN before the first pong. */
  get roundTrip(): number {
    return this.best()?.roundTrip ?? NaN;
  }

  /** The round trip of the last pong. */
  get lastRoundTrip(): number {
    return this.samples.at(-1)?.roundTrip ?? NaN;
  }

  /** What to add to performance.now() to get the host's clock; NaN when unknown. */
  get offset(): number {
    return this.best()?.offset ?? NaN;
  }

  /**
   * Age, in milliseconds at our time `at`, of what the host captured at an
   * RTP timestamp. Comparing modulo 2³² needs no unwrapping: a frame is never
   * hours old. Negative ages are the clocks' error. The track is named
   * `STREAM/KIND`, as in a pong.
   */
  age(track: string, timestamp: number, at: number): number {
    const zero = this.rtp[track];
    if (typeof zero !== 'number') return NaN;
    const rate = track.endsWith('/video') ? 90 : 48;
    const now = zero + (at + this.offset) * rate;
    if (!Number.isFinite(now)) return NaN;
    return signed32(now - timestamp) / rate;
  }

  private best(): Sample | undefined {
    let best: Sample | undefined;
    for (const s of this.samples) {
      if (!best || s.roundTrip < best.roundTrip) best = s;
    }
    return best;
  }
}

/** A difference modulo 2³², nearest to zero; keeps its fraction. */
function signed32(value: number): number {
  const turn = 2 ** 32;
  const rest = ((value % turn) + turn) % turn;
  return rest >= turn / 2 ? rest - turn : rest;
}
