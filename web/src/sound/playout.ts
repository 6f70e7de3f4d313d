/** What is played at, in samples a second. */
export const rate = 48000;

const ms = rate / 1000;
/** What is held at most; of more the oldest is dropped. */
const capacity = 200 * ms;
/** How much shall be left when the sound card has taken what it wants, to begin with and at most. */
const leastMargin = 2 * ms;
const mostMargin = 60 * ms;
/** By how much a packet that comes too late raises that, and a calm time lowers it. */
const raise = 2 * ms;
const lower = ms / 2;
/** How far what is left may be from that without a correction. */
const slack = ms;
/** Beyond how much too much the rest is cut out at once. */
const glut = 5 * ms;
/** How much must be there beyond the margin to begin: what the sound card may take at once, and a packet. */
const start = 16 * ms;
/** How often that is looked at, and how often the margin is lowered, in pulls. */
const window = 96;
const calm = 20 * window;
/** How long an edge of silence takes to fade, in samples. */
const fade = ms;

/**
 * Playout evens out what arrives in packets and is played in pieces, with as
 * little delay as the arrivals allow. It measures how much is left at the worst
 * moment of a quarter of a second, and plays a little faster or slower, by one
 * sample in 256, until that is what it should be. Where it is far too much,
 * since nothing was played for a while, the rest is cut out. Each packet that
 * comes too late makes the delay longer; a quiet time makes it shorter.
 *
 * Nothing is concealed: while nothing has come there is silence, with soft
 * edges.
 */
export class Playout {
  private readonly held: Float32Array[];
  private at = 0;
  private count = 0;
  private flowing = false;
  /** It ran out, and nothing has come since. */
  private dry = false;
  /** What is played next follows silence. */
  private soft = true;
  /** What was played last, in each channel. */
  private readonly last: number[];
  private margin = leastMargin;
  /** The least that was left in this window. */
  private low = Infinity;
  private pulls = 0;
  private calmFor = 0;
  /** How many samples are too many, or too few. */
  private surplus = 0;
  /** How many shall be cut out at once. */
  private cut = 0;
  /** How many packets came too late. */
  late = 0;

  constructor(readonly channels: number) {
    this.held = Array.from({ length: channels }, () => new Float32Array(capacity));
    this.last = Array.from({ length: channels }, () => 0);
  }

  /** How many milliseconds of sound are held. */
  get delay(): number {
    return this.count / ms;
  }

  /** Takes a packet's samples. `follows` is true when it is the next after the last, with no pause between. */
  push(planes: readonly Float32Array[], follows: boolean): void {
    const n = planes[0]?.length ?? 0;
    if (n === 0 || n > capacity) return;
    if (this.dry && follows) {
      this.late++;
      this.calmFor = 0;
      this.margin = Math.min(mostMargin, this.margin + raise);
    } else if (this.dry) {
      this.flowing = false;
    }
    this.dry = false;
    this.drop(this.count + n - capacity);
    for (let c = 0; c < this.channels; c++) {
      const from = planes[c] ?? planes[0]!;
      const to = this.held[c]!;
      const begin = (this.at + this.count) % capacity;
      const first = Math.min(n, capacity - begin);
      to.set(from.subarray(0, first), begin);
      to.set(from.subarray(first), 0);
    }
    this.count += n;
  }

  /** Fills the planes of a piece, one for each channel; those beyond get nothing. */
  pull(planes: readonly Float32Array[]): void {
    const n = planes[0]?.length ?? 0;
    if (!this.flowing && this.count >= this.margin + start) this.begin();
    this.pulls++;
    const step = this.pulls % 2 === 0 && this.count > n ? Math.sign(this.surplus) : 0;
    const taken = this.flowing ? Math.min(this.count, n + step) : 0;
    const short = taken < n + step;
    const played = short ? taken : n;
    const cut = Math.min(this.cut, this.count - taken);
    for (let c = 0; c < Math.min(planes.length, this.channels); c++) {
      const plane = planes[c]!;
      this.play(plane.subarray(0, played), c, taken, cut);
      this.soften(plane, c, played);
    }
    for (let c = this.channels; c < planes.length; c++) planes[c]!.fill(0);
    this.soft = short;
    if (!this.flowing) return;
    this.dry ||= short;
    this.surplus -= step;
    this.cut -= cut;
    this.drop(taken + cut);
    this.low = Math.min(this.low, this.count);
    if (this.pulls % window === 0) this.judge();
  }

  private begin(): void {
    this.flowing = true;
    this.drop(this.count - this.margin - start);
    this.low = Infinity;
    this.surplus = 0;
    this.cut = 0;
    this.pulls = 0;
  }

  /** Looks back on a window. */
  private judge(): void {
    const off = Math.round(this.low - this.margin);
    this.cut = off > glut ? off : 0;
    this.surplus = Math.abs(off) > slack && this.cut === 0 ? off : 0;
    this.low = Infinity;
    this.calmFor += window;
    if (this.calmFor < calm) return;
    this.calmFor = 0;
    this.margin = Math.max(leastMargin, this.margin - lower);
  }

  private drop(n: number): void {
    if (n <= 0) return;
    n = Math.min(n, this.count);
    this.at = (this.at + n) % capacity;
    this.count -= n;
  }

  /**
   * Makes a piece of the next n samples of a channel, by linear interpolation.
   * When some are cut out, it fades from those before to those after.
   */
  private play(out: Float32Array, channel: number, n: number, cut: number): void {
    const held = this.held[channel]!;
    for (let i = 0; i < out.length; i++) {
      const x = (i * n) / out.length;
      const k = Math.floor(x);
      const a = held[(this.at + k) % capacity]!;
      const b = held[(this.at + Math.min(k + 1, n - 1)) % capacity]!;
      out[i] = a + (x - k) * (b - a);
      if (cut > 0) out[i]! += (held[(this.at + k + cut) % capacity]! - out[i]!) * (i / out.length);
    }
  }

  /** Leads from silence to what was played of a piece, and from that to silence. */
  private soften(plane: Float32Array, channel: number, played: number): void {
    const before = this.last[channel]!;
    if (this.soft) for (let i = 0; i < Math.min(fade, played); i++) plane[i] = before + (plane[i]! - before) * (i / fade);
    const end = played > 0 ? plane[played - 1]! : before;
    for (let i = played; i < plane.length; i++) plane[i] = end * Math.max(0, 1 - (i - played + 1) / fade);
    this.last[channel] = plane[plane.length - 1]!;
  }
}
