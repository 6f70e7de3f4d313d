import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, readMessage } from './messages';

const read = (message: unknown): unknown => readMessage(parse(JSON.stringify(message))!)?.message;

test('what a host says is read', () => {
  const stream = { id: 3, name: 'Desk', kind: 'desktop', level: 3, tracks: [{ kind: 'video', width: 640, height: 480 }, { kind: 'smell' }] };
  assert.deepEqual(read({ type: 'accept', request: 0, stream, level: 1, input: 128, motion: 130, more: 1 }), {
    request: 0, stream: { ...stream, tracks: [{ kind: 'video', width: 640, height: 480 }] }, level: 1, input: 128, motion: 130,
  });
  assert.deepEqual(read({ type: 'shape', stream: 1, monitors: [{ name: 'L', x: 0, y: 0, width: 8, height: 6 }, { x: 1 }, 7], monitor: 'L' }), {
    stream: 1, monitors: [{ name: 'L', x: 0, y: 0, width: 8, height: 6 }], monitor: 'L', resizable: false,
  });
  assert.deepEqual(read({ type: 'request', request: 1, level: 3, fit: 'stretch' }), { request: 1, level: 3, fit: 'contain', metrics: false });
});

test('what makes no sense is ignored', () => {
  for (const message of [
    {}, { type: 7 }, { type: 'constructor' }, { type: '__proto__' }, { type: 'level', stream: 1 }, { type: 'level', stream: -1, level: 1 },
    { type: 'level', stream: 1.5, level: 1 }, { type: 'accept', request: 0, stream: {}, level: 1 }, { type: 'channel', channel: 128, mode: 'reliable' },
    { type: 'channel', channel: 128, label: 'x', mode: 'slow' }, { type: 'accept', request: 0, stream: { id: 1, level: 'all' }, level: 0 },
  ]) assert.equal(read(message), undefined, JSON.stringify(message));
  for (const frame of ['', 'null', '[]', '1', '{', 7, new ArrayBuffer(3), undefined]) assert.equal(parse(frame), undefined);
});

test('random messages never throw', () => {
  const values = [null, true, 0, -1, 1e308, '', 'x'.repeat(5000), [], {}, [[]], { id: 1, tracks: 7 }, { id: 1, tracks: [null, [], { kind: 'video', width: 'x' }] }];
  const fields = ['request', 'stream', 'level', 'channel', 'label', 'mode', 'input', 'motion', 'code', 'message', 'fit', 'metrics', 'on', 'width', 'monitors'];
  const types = ['hello', 'channel', 'channel-open', 'channel-refuse', 'announce', 'withdraw', 'accept', 'refuse', 'end', 'level', 'size', 'status',
    'stats', 'request', 'join', 'leave', 'announcements', 'viewport', 'watch', 'keyframe', 'shape', 'monitor', 'fit', 'valueOf'];
  let seed = 1;
  const pick = <T>(list: readonly T[]): T => list[(seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % list.length]!;
  for (let i = 0; i < 20_000; i++) {
    const message: Record<string, unknown> = { type: pick(types) };
    for (let n = 0; n < 4; n++) message[pick(fields)] = pick(values);
    readMessage(message);
  }
});
