/** What is played at, in samples a second. */
export const rate = 48000;

const ms = rate / 1000;
/** What is held at most; of more the oldest is dropped. */
const capacity = 200 * ms;
/** How much shall be left when the sound card has taken what it wants, to begin with and at most. */
const leastMargin = 4 * ms;
const mostMargin = 80 * ms;
/** How far what is left may be from that without a correction. */
const slack = 2 * ms;
/** Beyond how much too much the rest is dropped at once. */
const glut = 30 * ms;
/** How much must be there beyond the margin to begin: a packet, and what the sound card may take at once. */
const start = 20 * ms;
/** How often that is looked at, and how often the margin may shrink, in pulls. */
const window = 200;
const calm = 20 * window;

/**
 * Playout evens out what arrives in packets and is played in pieces, with as
 * little delay as the arrivals allow. It measures how much is left at the worst
 * moment of half a second, and plays a little faster or slower, by one sample
 * in 256, until that is what it should be. Each packet that comes too late
 * makes that more; a quiet time makes it less.
 *
 * Nothing is concealed: where nothing came there is silence.
 */
export class Playout {
  private readonly held: Float32Array[];
  private at = 0;
  private count = 0;
  private flowing = false;
  /** It ran out, and nothing has come since. */
  private starved = false;
  private margin = leastMargin;
  /** The least that was left in this window. */
  private low = Infinity;
  private pulls = 0;
  private calmFor = 0;
  /** How many samples are too many, or too few. */
  private surplus = 0;
  /** How many packets came too late. */
  late = 0;

  constructor(readonly channels: number) {
    this.held = Array.from({ length: channels }, () => new Float32Array(capacity));
  }

  /** How many milliseconds of sound are held. */
  get delay(): number {
    return this.count / ms;
  }

  /** Takes a packet's samples. `follows` is true when it is the next after the last, with no pause between. */
  push(planes: readonly Float32Array[], follows: boolean): void {
    const n = planes[0]?.length ?? 0;
    if (n === 0 || n > capacity) return;
    if (this.starved && follows) {
      this.late++;
      this.calmFor = 0;
      this.margin = Math.min(mostMargin, this.margin + 3 * ms);
    }
    this.starved = false;
    this.drop(this.count + n - capacity);
    for (let c = 0; c < this.channels; c++) {
      const from = planes[c] ?? planes[0]!;
      const to = this.held[c]!;
      const start = (this.at + this.count) % capacity;
      const first = Math.min(n, capacity - start);
      to.set(from.subarray(0, first), start);
      to.set(from.subarray(first), 0);
    }
    this.count += n;
  }

  /** Fills the planes of a piece, one for each channel; those beyond get nothing. */
  pull(planes: readonly Float32Array[]): void {
    const n = planes[0]?.length ?? 0;
    if (!this.flowing && this.count >= this.margin + start) this.begin();
    this.pulls++;
    const step = this.pulls % 2 === 0 ? Math.sign(this.surplus) : 0;
    if (!this.flowing || this.count < n + step) {
      this.starved ||= this.flowing;
      if (this.flowing) this.drop(this.count);
      this.flowing = false;
      for (const plane of planes) plane.fill(0);
      return;
    }
    for (let c = 0; c < Math.min(planes.length, this.channels); c++) this.stretch(planes[c]!, c, n + step);
    this.surplus -= step;
    this.drop(n + step);
    this.low = Math.min(this.low, this.count);
    if (this.pulls % window === 0) this.judge();
  }

  private begin(): void {
    this.flowing = true;
    this.drop(this.count - this.margin - start);
    this.low = Infinity;
    this.surplus = 0;
    this.pulls = 1;
  }

  /** Looks back on a window. */
  private judge(): void {
    let off = this.low - this.margin;
    if (off > glut) {
      this.drop(off);
      off = 0;
    }
    this.surplus = Math.abs(off) > slack ? Math.round(off) : 0;
    this.low = Infinity;
    this.calmFor += window;
    if (this.calmFor < calm) return;
    this.calmFor = 0;
    this.margin = Math.max(leastMargin, this.margin - ms);
  }

  private drop(n: number): void {
    if (n <= 0) return;
    n = Math.min(n, this.count);
    this.at = (this.at + n) % capacity;
    this.count -= n;
  }

  /** Makes a piece of the next n samples of a channel, by linear interpolation. */
  private stretch(out: Float32Array, channel: number, n: number): void {
    const held = this.held[channel]!;
    for (let i = 0; i < out.length; i++) {
      const x = (i * n) / out.length;
      const k = Math.floor(x);
      const a = held[(this.at + k) % capacity]!;
      const b = held[(this.at + Math.min(k + 1, n - 1)) % capacity]!;
      out[i] = a + (x - k) * (b - a);
    }
  }
}
