/** One frame that the browser showed. */
export interface ShownFrame {
  /** When, on performance.now()'s clock. */
  readonly at: number;
  /** Milliseconds from its capture at the host until it was handed to the screen; NaN when unknown. */
  readonly age: number;
}

/** How long, in ms, frames are looked at after somebody last asked. */
const interest = 5000;
const kept = 240;

/**
 * Frames notes when the browser shows each frame and how old it is then. It
 * looks only while somebody asks, as a callback for each frame is work on
 * the page's only thread.
 */
export class Frames {
  private list: ShownFrame[] = [];
  private until = 0;
  private request: number | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    /** The age in ms of what was captured at an RTP timestamp, at a time of performance.now(); NaN when unknown. */
    private readonly age: (timestamp: number, at: number) => number,
  ) {}

  /** The latest frames, oldest first. */
  latest(): readonly ShownFrame[] {
    this.until = performance.now() + interest;
    if (this.request === undefined && 'requestVideoFrameCallback' in this.video) this.next();
    return this.list;
  }

  stop(): void {
    if (this.request !== undefined) this.video.cancelVideoFrameCallback(this.request);
    this.request = undefined;
    this.list = [];
  }

  private next(): void {
    this.request = this.video.requestVideoFrameCallback((now, metadata) => {
      this.request = undefined;
      const { rtpTimestamp, presentationTime } = metadata;
      const age = rtpTimestamp === undefined ? NaN : this.age(rtpTimestamp, presentationTime);
      this.list.push({ at: presentationTime, age });
      if (this.list.length > kept) this.list.shift();
      if (now < this.until) this.next();
    });
  }
}

/** The p-th part of sorted numbers: quantile(values, 0.5) is the median. NaN for none. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
}
