import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Assembler, encodeChunk, Kind, maxChunk, overhead, parseChunk, type Header, type Whole } from './channelWire';

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** The lines of the protocol's examples: a name, bytes, and what they mean. */
const examples = readFileSync(process.env['SIGNAL_PROTOCOL']!, 'utf8')
  .split('## Named channels')[1]!
  .split('\n')
  .map((line) => /^ {4}(\w+)\s+((?:[0-9a-f]{2,} )*[0-9a-f]{2,})\s{2,}(.*)$/.exec(line))
  .filter((match) => match !== null)
  .map(([, name, bytes, meaning]) => ({ name: name!, bytes: bytes!.replaceAll(' ', ''), meaning: meaning! }));

const one = (kind: number, number: number, data = new Uint8Array()): Uint8Array => encodeChunk({ kind, number, index: 0, count: 1 }, data);

/** Ours for each example, by its name. */
const made: Record<string, Uint8Array> = {
  text: one(Kind.text, 1, utf8('hi')),
  bytes: one(Kind.bytes, 2, new Uint8Array([0, 0xff])),
  request: one(Kind.request, 3, utf8('ping')),
  response: one(Kind.response, 3, utf8('pong')),
  failure: one(Kind.failure, 3, utf8('no')),
  credit: one(Kind.credit, 256 << 10),
};

test('the protocol\'s examples come out byte for byte, and are read', () => {
  assert.equal(examples.length, Object.keys(made).length);
  for (const { name, bytes, meaning } of examples) {
    assert.equal(hex(made[name]!), bytes, `${name}: ${meaning}`);
    const [header, chunk] = parseChunk(made[name]!.slice().buffer as ArrayBuffer);
    assert.equal(hex(encodeChunk(header, chunk)), bytes);
  }
});

/** A message cut into chunks of a size. */
function cut(kind: number, number: number, data: Uint8Array<ArrayBuffer>, size: number): [Header, Uint8Array<ArrayBuffer>][] {
  const count = Math.ceil(data.length / size);
  return Array.from({ length: count }, (_, index) => [{ kind, number, index, count }, data.subarray(index * size, (index + 1) * size)]);
}

const counting = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, i) => i % 251);

test('a reliable channel\'s chunks become a message, and a new one takes the place of an unfinished', () => {
  const a = new Assembler(true);
  const data = counting(40_001);
  const chunks = cut(Kind.bytes, 1, data, maxChunk);
  let whole: Whole | undefined;
  for (const [h, chunk] of chunks) ({ whole } = a.add(h, chunk));
  assert.deepEqual(whole?.data, data);
  assert.equal(whole?.cost, data.length + 3 * overhead);
  a.add(...cut(Kind.bytes, 2, data, maxChunk)[0]!);
  const { dropped } = a.add(...cut(Kind.text, 3, utf8('x'), 1)[0]!);
  assert.equal(dropped, maxChunk + overhead);
});

test('an unreliable channel\'s chunks come in any order, and eight messages at a time', () => {
  const a = new Assembler(false);
  const data = counting(1000);
  for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]]) {
    const chunks = cut(Kind.bytes, order[0]! + 1, data, 300);
    const whole = order.map((i) => a.add(...chunks[i]!).whole).at(-1);
    assert.deepEqual(whole?.data, data, `order ${order.join()}`);
  }
  const first = cut(Kind.bytes, 100, data, 300);
  a.add(...first[0]!);
  let dropped = 0;
  for (let n = 101; n <= 108; n++) dropped += a.add(...cut(Kind.bytes, n, data, 300)[0]!).dropped;
  assert.equal(dropped, 300 + overhead);
});

test('what breaks the rules is refused', () => {
  const bad: [string, () => void][] = [
    ['short', () => parseChunk(new ArrayBuffer(8))],
    ['kind 0', () => parseChunk(one(0, 1).buffer as ArrayBuffer)],
    ['kind 7', () => parseChunk(one(7, 1).buffer as ArrayBuffer)],
    ['no chunks', () => parseChunk(encodeChunk({ kind: 1, number: 1, index: 0, count: 0 }).buffer)],
    ['beyond', () => parseChunk(encodeChunk({ kind: 1, number: 1, index: 2, count: 2 }, counting(1)).buffer)],
    ['credit with bytes', () => parseChunk(one(6, 1, counting(1)).buffer as ArrayBuffer)],
    ['long', () => parseChunk(one(2, 1, counting(maxChunk + 1)).buffer as ArrayBuffer)],
    ['empty among others', () => parseChunk(encodeChunk({ kind: 2, number: 1, index: 0, count: 2 }).buffer)],
    ['too much', () => parseChunk(encodeChunk({ kind: 2, number: 1, index: 0, count: 2000 }, counting(maxChunk)).buffer)],
    ['a gap', () => new Assembler(true).add({ kind: 2, number: 2, index: 0, count: 1 }, counting(1))],
    ['no beginning', () => new Assembler(true).add({ kind: 2, number: 1, index: 1, count: 3 }, counting(1))],
    ['twice', () => {
      const a = new Assembler(false);
      for (let i = 0; i < 2; i++) a.add({ kind: 2, number: 1, index: 0, count: 2 }, counting(1));
    }],
    ['unequal', () => {
      const a = new Assembler(false);
      a.add({ kind: 2, number: 1, index: 0, count: 3 }, counting(2));
      a.add({ kind: 2, number: 1, index: 1, count: 3 }, counting(1));
    }],
    ['a longer last', () => {
      const a = new Assembler(false);
      a.add({ kind: 2, number: 1, index: 1, count: 2 }, counting(3));
      a.add({ kind: 2, number: 1, index: 0, count: 2 }, counting(2));
    }],
  ];
  for (const [what, action] of bad) assert.throws(action, { code: 'protocol' }, what);
});

test('random chunks never do worse than be refused', () => {
  let seed = 7;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 300; round++) {
    const a = new Assembler(round % 2 === 0);
    let number = 0;
    for (let i = 0; i < 60; i++) {
      const index = random(3);
      if (index === 0) number++;
      const chunk = encodeChunk({ kind: random(8), number: random(9) ? number : random(4), index, count: random(4) }, counting(random(4)));
      try {
        const [h, data] = parseChunk(chunk.buffer);
        if (h.kind !== Kind.credit) a.add(h, data);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'protocol');
      }
    }
  }
});
