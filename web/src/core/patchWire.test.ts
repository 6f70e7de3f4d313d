import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePatch, unpack, type Patch } from './patchWire';

/** The protocol's example. */
const example = (): ArrayBuffer => {
  const text = /^ {4}patch +([0-9a-f ]+?) {2}the right half of 8×4/m.exec(readFileSync(process.env['SIGNAL_PROTOCOL']!, 'utf8'))![1]!;
  return Uint8Array.from(text.split(' '), (byte) => parseInt(byte, 16)).buffer;
};

/** The example with bytes of it changed. */
const changed = (...changes: [at: number, value: number][]): Patch | undefined => {
  const bytes = new Uint8Array(example());
  for (const [at, value] of changes) bytes[at] = value;
  return parsePatch(bytes.buffer);
};

test('the protocol\'s example is read', async () => {
  const { data, ...patch } = parsePatch(example())!;
  assert.deepEqual(patch, {
    timestamp: 90000, width: 8, height: 4, clear: [{ x: 4, y: 0, width: 4, height: 4 }], draw: [{ x: 0, y: 0, width: 2, height: 1 }],
  });
  assert.deepEqual(await unpack({ ...patch, data }), new Uint8Array([255, 0, 0, 0, 255, 0]));
});

test('what is no patch is refused', () => {
  assert.equal(parsePatch(new ArrayBuffer(11)), undefined, 'too short');
  assert.equal(changed([9, 200]), undefined, 'fewer rectangles than it says');
  assert.equal(changed([8, 255], [9, 255]), undefined, 'too many rectangles');
  assert.equal(changed([4, 255]), undefined, 'too wide a picture');
  assert.equal(changed([13, 5]), undefined, 'a rectangle that is not all within the picture');
  assert.equal(changed([17, 0]), undefined, 'an empty one');
  const large = new Uint8Array(20);
  large.set([0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 2, 0]);
  assert.equal(parsePatch(large.buffer), undefined, 'more pixels than there may be');
});

test('pixels that are too few, too many or none are refused', async () => {
  const patch = parsePatch(example())!;
  const wide = (width: number): Patch => ({ ...patch, draw: [{ x: 0, y: 0, width, height: 1 }] });
  assert.equal(await unpack(wide(3)), undefined);
  assert.equal(await unpack(wide(1)), undefined);
  assert.equal(await unpack({ ...patch, data: new Uint8Array([7, 7, 7]) }), undefined);
});
