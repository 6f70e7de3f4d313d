// Named channels on the wire: the section of that name in
// peer/signal/PROTOCOL.md, whose examples the test reads. A chunk is a piece of
// a message here. Integers are big-endian.
import { CausewayError } from './errors';

/** The longest message in bytes. */
export const maxMessage = 16 << 20;
export const headerSize = 9;
export const maxChunk = 16_000;
/** What a chunk counts beside its length. */
export const overhead = 128;
/** How much of a reliable channel may be sent and not taken. */
export const window = 17 << 20;
/** How much is taken before the sender hears of it. */
export const creditEvery = 256 << 10;
/** What waits on an unreliable channel before messages are dropped. */
export const maxWaiting = 4 << 20;
/** How many messages of an unreliable channel are put together at a time. */
const maxPartial = 8;

export const Kind = { text: 1, bytes: 2, request: 3, response: 4, failure: 5, credit: 6 } as const;

/** What comes before each chunk. */
export interface Header {
  readonly kind: number;
  /** Of the message, or of the request it answers; what was taken, of a credit. */
  readonly number: number;
  readonly index: number;
  readonly count: number;
}

/** A message that is whole; `cost` is what its chunks counted. */
export interface Whole extends Header {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly cost: number;
}

export function encodeChunk(h: Header, chunk: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(headerSize + chunk.length);
  const v = new DataView(out.buffer);
  v.setUint8(0, h.kind);
  v.setUint32(1, h.number);
  v.setUint16(5, h.index);
  v.setUint16(7, h.count);
  out.set(chunk, headerSize);
  return out;
}

/** Splits what arrived; the chunk is a part of it. Throws what breaks the rules. */
export function parseChunk(data: ArrayBuffer): [Header, Uint8Array<ArrayBuffer>] {
  if (data.byteLength < headerSize) throw broken(`${data.byteLength} bytes are no chunk`);
  const v = new DataView(data);
  const h = { kind: v.getUint8(0), number: v.getUint32(1), index: v.getUint16(5), count: v.getUint16(7) };
  const chunk = new Uint8Array(data, headerSize);
  if (h.kind < Kind.text || h.kind > Kind.credit) throw broken(`kind ${h.kind}`);
  if (h.index >= h.count) throw broken(`chunk ${h.index} of ${h.count}`);
  if (h.kind === Kind.credit && (h.count !== 1 || chunk.length !== 0)) throw broken('a credit with a chunk');
  if (chunk.length > maxChunk) throw broken(`a chunk of ${chunk.length} bytes`);
  if (chunk.length === 0 && h.count > 1) throw broken('an empty chunk among others');
  const isLast = h.index === h.count - 1;
  if (!isLast && chunk.length * (h.count - 1) >= maxMessage) throw broken(`${h.count} chunks of ${chunk.length} bytes`);
  return [h, chunk];
}

/** True for kinds that have the number of a request. */
export function isAnswer(kind: number): boolean {
  return kind === Kind.response || kind === Kind.failure;
}

/** The error of a channel whose other side broke the rules. */
export function broken(how: string): CausewayError {
  return new CausewayError('protocol', `the other side broke the protocol: ${how}`);
}

/** A message of several chunks that is not whole. */
interface Partial {
  readonly kind: number;
  readonly number: number;
  readonly count: number;
  readonly chunks: Map<number, Uint8Array>;
  /** Of each chunk but the last; 0 while only that is there. */
  size: number;
  cost: number;
}

/** What came of a chunk: a message, and what is counted of messages that were dropped. */
export interface Assembled {
  readonly whole?: Whole;
  readonly dropped: number;
}

/** Assembler puts messages together. */
export class Assembler {
  private partial: Partial[] = [];
  private last = 0;
  private cost = 0;

  constructor(private readonly reliable: boolean) {}

  /** Takes a chunk. Throws what breaks the rules. */
  add(h: Header, chunk: Uint8Array<ArrayBuffer>): Assembled {
    let dropped = this.reliable ? this.follow(h) : 0;
    const cost = chunk.length + overhead;
    if (h.count === 1) return { whole: { ...h, data: chunk, cost }, dropped };
    const p = this.find(h);
    check(p, h, chunk);
    p.chunks.set(h.index, chunk);
    p.cost += cost;
    this.cost += cost;
    if (p.chunks.size === p.count) {
      this.drop(p);
      return { whole: { ...h, data: join(p), cost: p.cost }, dropped };
    }
    while (!this.reliable && (this.partial.length > maxPartial || this.cost > window)) {
      dropped += this.drop(this.partial[0]!);
    }
    return { dropped };
  }

  /** Checks that chunks come one after another; returns what a message had cost that was given up. */
  private follow(h: Header): number {
    const p = this.partial[0];
    if (h.index > 0) {
      if (!p || h.kind !== p.kind || h.number !== p.number || h.index !== p.chunks.size) {
        throw broken(`chunk ${h.index} of message ${h.number} without that before`);
      }
      return 0;
    }
    if (!isAnswer(h.kind)) {
      if (h.number !== (this.last + 1) >>> 0) throw broken(`message ${h.number} after ${this.last}`);
      this.last = h.number;
    }
    return p ? this.drop(p) : 0;
  }

  private find(h: Header): Partial {
    const same = (p: Partial): boolean =>
      p.number === h.number && (p.kind === h.kind || isAnswer(p.kind) === isAnswer(h.kind));
    let p = this.partial.find(same);
    if (p && (p.kind !== h.kind || p.count !== h.count)) throw broken(`message ${h.number} changed its form`);
    if (!p) {
      p = { kind: h.kind, number: h.number, count: h.count, chunks: new Map(), size: 0, cost: 0 };
      this.partial.push(p);
    }
    return p;
  }

  private drop(p: Partial): number {
    this.partial = this.partial.filter((other) => other !== p);
    this.cost -= p.cost;
    return p.cost;
  }
}

function check(p: Partial, h: Header, chunk: Uint8Array): void {
  if (p.chunks.has(h.index)) throw broken(`chunk ${h.index} of message ${h.number} twice`);
  const isLast = h.index === h.count - 1;
  if (!isLast && p.size === 0) p.size = chunk.length;
  const end = isLast ? chunk.length : p.chunks.get(h.count - 1)?.length ?? 0;
  if (p.size > 0 && (end > p.size || (!isLast && chunk.length !== p.size))) {
    throw broken(`a chunk of ${chunk.length} bytes among those of ${p.size}`);
  }
}

function join(p: Partial): Uint8Array<ArrayBuffer> {
  const end = p.chunks.get(p.count - 1)!;
  const length = p.size * (p.count - 1) + end.length;
  if (length > maxMessage) throw broken(`a message of ${length} bytes`);
  const out = new Uint8Array(length);
  for (const [index, chunk] of p.chunks) out.set(chunk, index * p.size);
  return out;
}
