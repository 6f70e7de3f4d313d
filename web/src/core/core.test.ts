import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff';
import { Clock } from './clock';
import { rejection } from './errors';
import { Emitter } from './events';
import { quantile } from './frames';
import { edit } from './input/text';
import { withStereo, withSurround } from './sound';
import { refreshOf } from './viewport';

test('waits stay under a second for two minutes, then grow', () => {
  const backoff = new Backoff(100, 900, 10_000, () => 0);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [100, 200, 400, 800, 900]);
  for (let i = 0; i < 140; i++) backoff.next();
  assert.equal(backoff.next(), 10_000);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('the clock trusts the shortest round trip', () => {
  const clock = new Clock();
  clock.add(1000, 1050, 5_000_000 + 45_000); // asymmetric: 45 ms there
  clock.add(2000, 2002, 6_000_000 + 1_000);
  clock.add(3000, 3080, 7_000_000);
  assert.equal(clock.offset, 4000);
  assert.equal(clock.roundTrip, 2);
  assert.equal(clock.lastRoundTrip, 80);
});

test('the age of a frame is right across the wrap of RTP timestamps', () => {
  const clock = new Clock();
  for (const zero of [0, 12345, 2 ** 32 - 1000]) {
    clock.add(0, 0, 1_750_000_000_000_000, { '3/video': zero });
    const captured = 1_750_000_000_000_000 + 90_000; // µs of the host's clock
    const timestamp = (zero + Math.round(captured * 0.09)) % 2 ** 32;
    assert.ok(Math.abs(clock.age('3/video', timestamp, 100) - 10) < 0.05, `${clock.age('3/video', timestamp, 100)}`);
  }
  assert.ok(Number.isNaN(new Clock().age('3/video', 0, 0)));
});

test('a rejection is believed no further than it makes sense', () => {
  assert.ok(rejection({ code: 'token', message: 'no' }).final);
  const throttled = rejection({ code: 'throttled', message: 'wait', retryAfter: 7 });
  assert.equal(throttled.retryAfter, 7000);
  assert.ok(!throttled.final);
  assert.equal(rejection({ code: 'closed' }).code, 'internal');
  assert.equal(rejection({ code: 'rejected', message: 'not today' }).message, 'not today');
  assert.equal(rejection(null).code, 'internal');
});

test('an edit of the text area is what to erase and what to type', () => {
  assert.deepEqual(edit('__', '__a'), { erase: 0, insert: 'a' });
  assert.deepEqual(edit('__helo', '__hello'), { erase: 1, insert: 'lo' });
  assert.deepEqual(edit('__', '_'), { erase: 1, insert: '' });
  assert.deepEqual(edit('__😀', '__😃'), { erase: 1, insert: '😃' });
});

test('Opus is asked for in stereo, once', () => {
  const sdp = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:96 x\r\n';
  const stereo = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\na=fmtp:96 x\r\n';
  assert.equal(withStereo(sdp), stereo);
  assert.equal(withStereo(stereo), stereo);
});

test('5.1 is taken where it is offered, before stereo, once', () => {
  const form = 'a=rtpmap:100 multiopus/48000/6\r\na=fmtp:100 num_streams=4\r\n';
  const offer = `v=0\r\nm=video 9 X 96\r\nm=audio 9 X 100 102\r\n${form}a=rtpmap:102 opus/48000/2\r\n`;
  const answer = 'v=0\r\nm=video 9 X 96\r\nm=audio 9 X 102\r\na=rtpmap:102 opus/48000/2\r\n';
  const better = `v=0\r\nm=video 9 X 96\r\nm=audio 9 X 100 102\r\na=rtpmap:102 opus/48000/2\r\n${form}`;
  assert.equal(withSurround(answer, offer), better);
  assert.equal(withSurround(better, offer), better);
  assert.equal(withSurround(answer, answer), answer);
  const refusal = answer.replace('m=audio 9', 'm=audio 0');
  assert.equal(withSurround(refusal, offer), refusal);
});

test('the refresh rate is the median, so a hiccup does not matter', () => {
  const times = Array.from({ length: 25 }, (_, i) => i * (1000 / 144) + (i > 10 ? 50 : 0));
  assert.equal(refreshOf(times), 144);
  assert.equal(refreshOf([]), 60);
});

test('quantiles leave out what is not known', () => {
  assert.equal(quantile([3, NaN, 1, 2], 0.5), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('listeners get what happened, once or until they are removed', async () => {
  class Bell extends Emitter<{ ring: number }> {
    ring(n: number): void {
      this.emit('ring', n);
    }
  }
  const bell = new Bell();
  const heard: string[] = [];
  const listener = (n: number): void => { heard.push(`a${n}`); };
  const ending = new AbortController();
  bell.addEventListener('ring', listener);
  bell.addEventListener('ring', listener);
  bell.addEventListener('ring', (n) => heard.push(`s${n}`), { signal: ending.signal });
  bell.once('ring', (n) => heard.push(`o${n}`));
  const undo = bell.on('ring', (n) => heard.push(`b${n}`));
  bell.ring(1);
  undo();
  ending.abort();
  bell.ring(2);
  bell.off('ring', listener);
  bell.ring(3);
  assert.deepEqual(heard, ['a1', 's1', 'o1', 'b1', 'a2']);
});
