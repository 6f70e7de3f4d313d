import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { after, decode, encodeButton, encodeKey, encodeMotion, encodeMove, encodeRelease, encodeText, encodeWheel, maxText } from './wire';

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** The lines of the protocol's examples: a name, bytes, and what they mean. */
const examples = readFileSync(process.env['INPUT_PROTOCOL']!, 'utf8')
  .split('## Examples')[1]!
  .split('\n')
  .map((line) => /^ {4}(\w+)\s+((?:[0-9a-f]{2,} )*[0-9a-f]{2,})(?:\s{2,}(.*))?$/.exec(line))
  .filter((match) => match !== null)
  .map(([, name, bytes, meaning]) => ({ name: name!, bytes: bytes!.replaceAll(' ', ''), meaning: meaning ?? '' }));

/** Ours for each example, by the words of its meaning. */
const made: Record<string, Uint8Array> = {
  'key A goes down': encodeKey(30, true),
  'key A goes up': encodeKey(30, false),
  'text €': encodeText('€'),
  'button left goes down at the middle of the last row, after motion 7': encodeButton(1, true, 7, { x: 0x8000, y: 0xffff }),
  'button forward goes up where the pointer is': encodeButton(9, false, 0),
  'wheel one notch down': encodeWheel(0, 120),
  'release': encodeRelease(),
  'move to the lower left corner': encodeMove(1, { x: 0, y: 0xffff }),
  'motion 10 right and 5 up since the beginning': encodeMotion(2, { x: 10, y: -5 }),
};

test('the protocol\'s examples come out byte for byte', () => {
  assert.ok(examples.length >= Object.keys(made).length, `${examples.length} examples found`);
  for (const { name, bytes, meaning } of examples) {
    const ours = made[`${name} ${meaning}`.trim()];
    assert.ok(ours, `no test for the example "${name} ${meaning}"`);
    assert.equal(hex(ours), bytes, `${name} ${meaning}`);
  }
});

test('long text is split between code points, and controls are left out', () => {
  const data = encodeText('€'.repeat(400));
  assert.equal(data[0], 2);
  const first = (data[1]! << 8) | data[2]!;
  assert.ok(first <= maxText && first % 3 === 0);
  assert.equal(data[3 + first], 2);
  assert.equal(data.length, 1200 + 6);
  assert.equal(hex(encodeText('a\u0007\r\nb\ud800')), '0200036' + '10a62');
  assert.equal(encodeText('\u001b').length, 0);
});

test('the host\'s pointer is read, and what is cut short is not', () => {
  const shape = decode(new Uint8Array([0x20, 0, 0, 3, 0, 4, 0x89, 0x50]).buffer);
  assert.deepEqual(shape, { kind: 'shape', x: 3, y: 4, png: shape?.kind === 'shape' ? shape.png : undefined });
  assert.equal(shape?.kind === 'shape' && hex(shape.png), '8950');
  assert.deepEqual(decode(new Uint8Array([0x21, 1, 0, 9, 0x80, 0, 0xff, 0xff]).buffer),
    { kind: 'position', visible: true, seq: 9, x: 0x8000, y: 0xffff });
  for (const bytes of [[], [0x20, 0, 0], [0x21, 1, 0, 9], [0x99, 0, 0, 0, 0, 0, 0, 0]]) {
    assert.equal(decode(new Uint8Array(bytes).buffer), undefined);
  }
});

test('sequence numbers compare across their wrap', () => {
  assert.ok(after(1, 0) && after(0, 0xffff) && !after(0xffff, 0) && !after(5, 5));
});
