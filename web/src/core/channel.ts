import {
  Assembler, broken, creditEvery, encodeChunk, isAnswer, Kind, maxChunk, maxMessage, maxWaiting, overhead, parseChunk,
  window, type Header, type Whole,
} from './channelWire';
import { CausewayError } from './errors';
import { Emitter } from './events';
import type { Peer } from './peer';

/** reliable: ordered, nothing is lost. unreliable: neither. */
export type DataChannelMode = 'reliable' | 'unreliable';
export const DataChannelMode = { Reliable: 'reliable', Unreliable: 'unreliable' } as const;

/** A message that wants no answer. */
export interface StandaloneMessage {
  readonly type: 'standalone';
  readonly data: Uint8Array<ArrayBuffer>;
  /** True when it was sent as text. */
  readonly isText: boolean;
  /** The data as UTF-8. */
  readonly asString: string;
}

/** A message that waits for an answer. Only the first answer counts. */
export interface RequestMessage {
  readonly type: 'request';
  readonly data: Uint8Array<ArrayBuffer>;
  respond(data: Uint8Array): Promise<void>;
  /** Says why there will be no response. */
  fail(reason: string): Promise<void>;
}

export interface DataChannelEvents {
  message: StandaloneMessage | RequestMessage;
  close: undefined;
}

/** What all channels of a connection hold, in bytes. */
export interface Budget {
  left: number;
}

/** A call that has no answer yet. */
interface Call {
  number: number | undefined;
  /** Nobody waits for it any more. */
  given: boolean;
  settle(m: Whole): void;
  fail(error: CausewayError): void;
}

/** So many bytes wait for the network at most, and again more when this few are left. */
const maxBuffered = 1 << 20;
const lowBuffered = 256 << 10;
/** So many bytes of messages wait for their turn. */
const maxQueued = 64 << 20;
/** Calls under way, and those given up whose answer may still come. */
const maxCalls = 256;
const maxLate = 1024;
const defaultTimeout = 30_000;

/**
 * DataChannel carries messages and requests of an application, of up to
 * 16 MiB each. It ends with its connection. Messages that come before anybody
 * listens wait for the first listener.
 */
export class DataChannel extends Emitter<DataChannelEvents> {
  private readonly assembler: Assembler;
  private readonly calls = new Map<number, Call>();
  private inbox: Whole[] = [];
  private wakers: (() => void)[] = [];
  private tail: Promise<unknown> = Promise.resolve();
  private queued = 0;
  private number = 0;
  private open = 0;
  private forgotten = 0;
  private late: number[] = [];
  /** Modulo 2³²: sent, and taken by them; held, taken and told of by us. */
  private sent = 0;
  private theirs = 0;
  private held = 0;
  private taken = 0;
  private told = 0;
  private error: CausewayError | undefined;

  /** Made by Channels; the raw channel is its own from then on. */
  constructor(
    readonly peer: Peer | undefined,
    /** The label. */
    readonly id: string,
    readonly mode: DataChannelMode,
    private readonly raw: RTCDataChannel,
    private readonly budget: Budget = { left: Infinity },
  ) {
    super();
    this.assembler = new Assembler(this.reliable);
    raw.binaryType = 'arraybuffer';
    raw.bufferedAmountLowThreshold = lowBuffered;
    for (const name of ['open', 'bufferedamountlow']) raw.addEventListener(name, () => this.wake());
    raw.addEventListener('message', ({ data }) => this.receive(data));
    raw.addEventListener('close', () => this.end(new CausewayError('closed', 'the channel was closed')));
  }

  /** True until it is closed, by either side or with the connection. */
  get isOpen(): boolean {
    return this.error === undefined;
  }

  private get reliable(): boolean {
    return this.mode === 'reliable';
  }

  /**
   * Sends text or bytes. It resolves when all of it is with the network, so
   * awaiting it keeps the pace of the network and the other side; ignoring it
   * is fine. It rejects with `limit` what is too long or too much, and on an
   * unreliable channel what found no room.
   */
  send(data: string | Uint8Array | ArrayBuffer): Promise<void> {
    const text = typeof data === 'string';
    const bytes = text ? new TextEncoder().encode(data) : new Uint8Array(data instanceof ArrayBuffer ? data : data.slice());
    return this.put(text ? Kind.text : Kind.bytes, bytes);
  }

  /** Sends bytes that are to be answered; rejects with `failed` and the other side's text, or `timeout`. */
  request(data: Uint8Array, { timeout = defaultTimeout }: { timeout?: number } = {}): Promise<Uint8Array<ArrayBuffer>> {
    if (this.open >= maxCalls) return Promise.reject(new CausewayError('limit', `${maxCalls} requests wait for an answer`));
    this.open++;
    return new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        if (!call.given) this.open--;
        call.given = true;
      };
      const call: Call = {
        number: undefined,
        given: false,
        settle: (m) => {
          if (m.kind === Kind.response) resolve(m.data);
          else reject(new CausewayError('failed', decodeText(m.data)));
          done();
        },
        fail: (error) => {
          reject(error);
          done();
        },
      };
      const timer = setTimeout(() => {
        call.fail(new CausewayError('timeout', 'the request was not answered in time'));
        this.giveUp(call);
      }, timeout);
      this.put(Kind.request, data.slice(), call).catch((error: CausewayError) => call.fail(error));
    });
  }

  close(): void {
    this.end(new CausewayError('closed', 'the channel was closed'));
  }

  protected override listened(name: string): void {
    if (name === 'message') queueMicrotask(() => this.deliver());
  }

  /** Puts a message into the queue; the rejection needs nobody to handle it. */
  private put(kind: number, data: Uint8Array<ArrayBuffer>, call?: Call, number = 0): Promise<void> {
    const cost = data.length + overhead;
    const refused = this.error ?? tooMuch(data.length, this.queued + cost);
    if (refused) {
      const rejected = Promise.reject<void>(refused);
      rejected.catch(() => {});
      return rejected;
    }
    this.queued += cost;
    const turn = this.tail.then(() => this.sendWhole(kind, data, call, number)).finally(() => (this.queued -= cost));
    this.tail = turn.catch(() => {});
    return turn;
  }

  private async sendWhole(kind: number, data: Uint8Array<ArrayBuffer>, call: Call | undefined, number: number): Promise<void> {
    const count = Math.max(1, Math.ceil(data.length / maxChunk));
    for (let index = 0; index < count; index++) {
      const chunk = data.subarray(index * maxChunk, (index + 1) * maxChunk);
      await this.makeRoom(chunk.length + overhead, index === 0);
      if (index === 0 && !isAnswer(kind)) {
        if (call?.given) return;
        number = this.number = (this.number + 1) >>> 0;
        if (call) {
          call.number = number;
          this.calls.set(number, call);
        }
      }
      this.raw.send(encodeChunk({ kind, number, index, count }, chunk));
    }
  }

  /** Returns when a chunk may be sent, which it counts. */
  private async makeRoom(cost: number, first: boolean): Promise<void> {
    for (;;) {
      if (this.error) throw this.error;
      const isOpen = this.raw.readyState === 'open';
      const full = this.raw.bufferedAmount >= maxBuffered;
      if (isOpen && !this.reliable) {
        if (full && first) throw new CausewayError('limit', 'the message was dropped: too much waits for the network');
        return;
      }
      if (isOpen && !full && ((this.sent - this.theirs) >>> 0) + cost <= window) {
        this.sent = (this.sent + cost) >>> 0;
        return;
      }
      await new Promise<void>((resolve) => this.wakers.push(resolve));
    }
  }

  private wake(): void {
    for (const waker of this.wakers.splice(0)) waker();
  }

  private receive(data: unknown): void {
    if (this.error) return;
    try {
      if (!(data instanceof ArrayBuffer)) throw broken('a text frame');
      const [header, chunk] = parseChunk(data);
      if (header.kind === Kind.credit) this.credit(header.number);
      else this.take(header, chunk);
    } catch (error) {
      this.end(error as CausewayError);
    }
  }

  private credit(taken: number): void {
    if (!this.reliable) throw broken('credit on an unreliable channel');
    if ((taken - this.theirs) >>> 0 > (this.sent - this.theirs) >>> 0) throw broken('credit for what was not sent');
    this.theirs = taken;
    this.wake();
  }

  private take(header: Header, chunk: Uint8Array<ArrayBuffer>): void {
    this.hold(chunk.length + overhead);
    if (this.reliable && this.held > window) throw broken('more than its credit');
    const { whole, dropped } = this.assembler.add(header, chunk);
    this.release(dropped);
    if (this.budget.left < 0) {
      if (this.reliable) throw new CausewayError('limit', 'the connection\'s channels hold too much');
      if (whole) this.release(whole.cost);
    } else if (whole) {
      this.arrive(whole);
    }
  }

  private arrive(m: Whole): void {
    if (m.kind === Kind.text || m.kind === Kind.failure) decodeText(m.data);
    if (isAnswer(m.kind)) {
      this.release(m.cost);
      this.answered(m);
      return;
    }
    const waiting = this.inbox.reduce((sum, other) => sum + other.cost, 0);
    if (!this.reliable && waiting >= maxWaiting) {
      this.release(m.cost);
      return;
    }
    this.inbox.push(m);
    this.deliver();
  }

  private deliver(): void {
    while (this.inbox.length > 0 && this.listens('message')) {
      const m = this.inbox.shift()!;
      this.release(m.cost);
      this.emit('message', m.kind === Kind.request ? this.asRequest(m) : standalone(m));
    }
  }

  private asRequest(m: Whole): RequestMessage {
    let answered = false;
    const answer = (kind: number, data: Uint8Array<ArrayBuffer>): Promise<void> => {
      if (answered) return Promise.resolve();
      answered = true;
      return this.put(kind, data, undefined, m.number);
    };
    return {
      type: 'request',
      data: m.data,
      respond: (data) => answer(Kind.response, data.slice()),
      fail: (reason) => answer(Kind.failure, new TextEncoder().encode(reason)),
    };
  }

  private answered(m: Whole): void {
    const call = this.calls.get(m.number);
    if (this.calls.delete(m.number)) {
      if (!call!.given) call!.settle(m);
    } else if (m.number > this.forgotten) {
      throw broken(`an answer to ${m.number}, which is no request`);
    }
  }

  /** Remembers that an answer may come late. */
  private giveUp({ number }: Call): void {
    if (number === undefined) return;
    this.late.push(number);
    if (this.late.length <= maxLate) return;
    const first = this.late.shift()!;
    if (this.calls.delete(first)) this.forgotten = Math.max(this.forgotten, first);
  }

  private hold(cost: number): void {
    this.held += cost;
    this.budget.left -= cost;
  }

  /** Counts as taken, and tells the sender when it is time to. */
  private release(cost: number): void {
    this.held -= cost;
    this.budget.left += cost;
    if (!this.reliable) return;
    this.taken = (this.taken + cost) >>> 0;
    if ((this.taken - this.told) >>> 0 < creditEvery || this.raw.readyState !== 'open') return;
    this.told = this.taken;
    this.raw.send(encodeChunk({ kind: Kind.credit, number: this.taken, index: 0, count: 1 }));
  }

  private end(error: CausewayError): void {
    if (this.error) return;
    this.error = error;
    this.budget.left += this.held;
    this.held = 0;
    this.inbox = [];
    this.raw.close();
    this.wake();
    for (const call of this.calls.values()) if (!call.given) call.fail(error);
    this.calls.clear();
    this.emit('close', undefined);
  }
}

function tooMuch(length: number, queued: number): CausewayError | undefined {
  if (length > maxMessage) return new CausewayError('limit', `a message of ${length} bytes`);
  return queued > maxQueued + maxMessage ? new CausewayError('limit', 'too much waits to be sent') : undefined;
}

function standalone(m: Whole): StandaloneMessage {
  return { type: 'standalone', data: m.data, isText: m.kind === Kind.text, get asString() { return new TextDecoder('utf-8', { ignoreBOM: true }).decode(m.data); } };
}

/** Reads UTF-8. Throws when it is none, which breaks the rules. */
function decodeText(data: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw broken('text that is not UTF-8');
  }
}
