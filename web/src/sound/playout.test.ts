import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Playout, rate } from './playout';

const ms = rate / 1000;
const packet = 5 * ms;
const piece = 128;
/** What a sound card takes at once, in pieces. */
const burst = 4;

/** A tone in stereo, from one sample on. */
function tone(from: number, n = packet): Float32Array[] {
  const plane = Float32Array.from({ length: n }, (_, i) => Math.sin((from + i) * 0.05));
  return [plane, plane.slice()];
}
/** By how much a tone changes between two samples, and a little. */
const smooth = 0.06;

interface Situation {
  readonly ppm?: number;
  /** How many ms a packet is late. */
  readonly late?: (i: number) => number;
  /** Whether the sound card stands still at a moment, in ms. */
  readonly still?: (at: number) => boolean;
  readonly playout?: Playout;
}

/** Plays for some seconds. It returns what was played, and how many samples were held at most and least in the last second. */
function play(seconds: number, { ppm = 0, late = () => 0, still = () => false, playout = new Playout(2) }: Situation = {}) {
  const out: number[] = [];
  const due = Array.from({ length: seconds * 200 + 10 }, (_, i) => ({ at: i * packet * (1 + ppm * 1e-6) + late(i) * ms, from: i * packet }));
  let next = 0;
  let least = Infinity;
  for (let now = 0; now < seconds * rate; now += burst * piece) {
    while (next < due.length && due[next]!.at <= now) playout.push(tone(due[next++]!.from), true);
    if (still(now / ms)) continue;
    for (let i = 0; i < burst; i++) {
      const planes = [new Float32Array(piece), new Float32Array(piece)];
      playout.pull(planes);
      out.push(...planes[0]!);
      assert.deepEqual(planes[0], planes[1]);
    }
    if (now > (seconds - 1) * rate) least = Math.min(least, playout.delay);
  }
  return { out, playout, least };
}

/** How many samples of silence there are once sound has begun. */
function silence(out: number[]): number {
  const began = out.findIndex((v) => v !== 0);
  let n = 0;
  for (let i = began + 1; i < out.length; i++) if (out[i] === 0 && out[i - 1] === 0) n++;
  return n;
}

/** The largest step between two samples: what clicks has a large one. */
function steepest(out: number[]): number {
  let most = 0;
  for (let i = 1; i < out.length; i++) most = Math.max(most, Math.abs(out[i]! - out[i - 1]!));
  return most;
}

test('of what comes in time no sample is lost, repeated or changed, and little is held', () => {
  const { out, playout, least } = play(60);
  assert.equal(playout.late, 0);
  assert.ok(least < 4, `${least} ms are held at least`);
  const settled = out.slice(5 * rate);
  const phase = Math.round(Math.atan2(settled[0]!, (settled[1]! - settled[0]! * Math.cos(0.05)) / Math.sin(0.05)) / 0.05);
  const off = settled.findIndex((v, i) => Math.abs(v - Math.sin((phase + i) * 0.05)) > 0.03);
  assert.equal(off, -1, `sample ${off} is not the next`);
});

test('clocks that differ do not add up', () => {
  for (const ppm of [-300, 300]) {
    const { out, least } = play(120, { ppm });
    assert.equal(silence(out), 0, `${ppm} ppm`);
    assert.ok(steepest(out.slice(rate)) < smooth, `${ppm} ppm: it clicks`);
    assert.ok(least < 6, `${ppm} ppm: ${least} ms are held at least`);
  }
});

test('late packets make it more careful', () => {
  const { out, playout } = play(60, { late: (i) => (i % 200 === 199 ? 15 : 0) });
  assert.ok(playout.late > 0 && playout.late < 12, `${playout.late} were late`);
  assert.ok(silence(out.slice(30 * rate)) < 40 * ms, `${silence(out.slice(30 * rate))} samples are missing of the second half`);
});

test('a packet that is late costs as much silence as it is late, and nothing clicks', () => {
  const { out, playout } = play(10, { late: (i) => (i === 800 ? 30 : i > 800 && i < 806 ? 30 - 5 * (i - 800) : 0) });
  assert.equal(playout.late, 1);
  assert.ok(silence(out) < 40 * ms, `${silence(out) / ms} ms of silence`);
  assert.ok(steepest(out) < smooth, `steps of ${steepest(out)}`);
});

test('after the sound card stood still the delay is what it was, within a second', () => {
  const { out, least } = play(12, { still: (at) => at > 10_000 && at < 10_150 });
  assert.ok(least < 4, `${least} ms are held at least`);
  assert.equal(silence(out), 0);
  assert.ok(steepest(out) < 2 * smooth, `steps of ${steepest(out)}`);
});

test('what waited while nothing was played is not heard', () => {
  const playout = new Playout(2);
  for (let i = 0; i < 100; i++) playout.push(tone(i * packet), true);
  const { least } = play(2, { playout });
  assert.ok(least < 4, `${least} ms are held at least`);
});

test('a pause is no late packet, and packets of no use are left out', () => {
  const playout = new Playout(2);
  const planes = [new Float32Array(piece), new Float32Array(piece)];
  for (let spurt = 0; spurt < 5; spurt++) {
    for (let i = 0; i < 10; i++) playout.push(tone(i * packet), i > 0);
    for (let i = 0; i < 100; i++) playout.pull(planes);
  }
  playout.push([], true);
  playout.push(tone(0, rate), true);
  assert.equal(playout.late, 0);
  assert.equal(playout.delay, 0);
});
