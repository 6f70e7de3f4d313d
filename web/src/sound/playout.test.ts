import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Playout, rate } from './playout';

const packet = rate / 100;
const piece = 128;

/** A tone in stereo, from one sample on. */
function tone(from: number, n = packet): Float32Array[] {
  const plane = Float32Array.from({ length: n }, (_, i) => Math.sin((from + i) * 0.05));
  return [plane, plane.slice()];
}

/** Plays for some seconds; `late` says how many ms a packet is late. It returns what was played, and the delay at the end. */
function play(seconds: number, { ppm = 0, late = (_: number) => 0, playout = new Playout(2) } = {}) {
  const out: number[] = [];
  const due = Array.from({ length: seconds * 100 + 10 }, (_, i) => ({ at: i * packet * (1 + ppm * 1e-6) + late(i) * rate / 1000, from: i * packet }));
  let next = 0;
  for (let now = 0; now < seconds * rate; now += 4 * piece) {
    while (next < due.length && due[next]!.at <= now) playout.push(tone(due[next++]!.from), true);
    for (let i = 0; i < 4; i++) {
      const planes = [new Float32Array(piece), new Float32Array(piece)];
      playout.pull(planes);
      out.push(...planes[0]!);
      assert.deepEqual(planes[0], planes[1]);
    }
  }
  return { out, playout };
}

/** How many pieces of silence there are once sound has begun. */
function gaps(out: number[]): number {
  const began = out.findIndex((v) => v !== 0);
  let n = 0;
  for (let i = began; i + piece <= out.length; i += piece) if (out.slice(i, i + piece).every((v) => v === 0)) n++;
  return n;
}

test('what comes in time is played without a gap and with little delay', () => {
  const { out, playout } = play(20);
  assert.equal(gaps(out), 0);
  assert.equal(playout.late, 0);
  assert.ok(playout.delay < 25, `${playout.delay} ms are held`);
});

test('clocks that differ do not add up', () => {
  for (const ppm of [-300, 300]) {
    const { out, playout } = play(120, { ppm });
    assert.equal(gaps(out), 0, `${ppm} ppm`);
    assert.ok(playout.delay < 30, `${ppm} ppm: ${playout.delay} ms are held`);
  }
});

test('late packets make it more careful', () => {
  const { out, playout } = play(60, { late: (i) => (i % 100 === 99 ? 15 : 0) });
  assert.ok(playout.late > 0 && playout.late < 8, `${playout.late} were late`);
  assert.ok(gaps(out.slice(30 * rate)) < 20, 'more than one gap in the second half');
});

test('what waited while nothing was played is not heard', () => {
  const playout = new Playout(2);
  for (let i = 0; i < 100; i++) playout.push(tone(i * packet), true);
  play(1, { playout });
  assert.ok(playout.delay < 40, `${playout.delay} ms are held`);
});

test('a pause is no late packet, and packets of no use are left out', () => {
  const playout = new Playout(2);
  const planes = [new Float32Array(piece), new Float32Array(piece)];
  for (let spurt = 0; spurt < 5; spurt++) {
    for (let i = 0; i < 5; i++) playout.push(tone(i * packet), i > 0);
    for (let i = 0; i < 100; i++) playout.pull(planes);
  }
  playout.push([], true);
  playout.push(tone(0, rate), true);
  assert.equal(playout.late, 0);
  assert.equal(playout.delay, 0);
});
