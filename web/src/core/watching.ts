import { CausewayError, refusal } from './errors';
import { InputLevel } from './input/level';
import type { Link } from './link';
import type { ControlMessages, StreamInfo } from './messages';
import type { Peer } from './peer';
import { InboundStream, type StreamOptions } from './stream';

/** Streams that a host may send unasked at a time, and tracks that may wait for their `accept`. */
const maxUnasked = 16;
const maxEarly = 64;

/** How a stream came: by a request, by joining what was announced, or unasked. */
type Origin = { readonly how: 'request' | 'unasked' } | { readonly how: 'join'; readonly stream: number };

interface Watched {
  readonly stream: InboundStream;
  readonly origin: Origin;
  readonly options: StreamOptions;
}

/** A request that has no answer yet; `again` is the stream of a lost connection that it is for. */
interface Asked {
  readonly origin: Origin;
  readonly options: StreamOptions;
  readonly again?: InboundStream;
  resolve(stream: InboundStream): void;
  reject(error: CausewayError): void;
}

/** What Watching tells of. */
export interface WatchingEvents {
  announced(info: StreamInfo): void;
  stopped(stream: number, message: string): void;
  /** A stream came unasked beside the first. */
  came(stream: InboundStream): void;
}

/**
 * Watching is the viewer's half of a peer: the streams of it that are watched
 * here. They outlive connections: each is asked for again on the next.
 */
export class Watching {
  /** The streams of the present connection, by the publisher's number. */
  readonly streams = new Map<number, InboundStream>();
  /** The stream that comes unasked, whichever that is; undefined when nothing shall come unasked. */
  readonly primary: InboundStream | undefined;
  private readonly watched = new Set<Watched>();
  private readonly asked = new Map<number, Asked>();
  private readonly early = new Map<string, RTCTrackEvent>();
  /** The streams of the present connection that the publisher has accepted us for. */
  private readonly confirmed = new Set<number>();
  private link: Link | undefined;
  private request = 0;

  constructor(
    private readonly peer: Peer,
    private readonly unasked: boolean,
    private readonly events: WatchingEvents,
  ) {
    if (unasked) this.primary = this.make({ how: 'unasked' }, { permissions: InputLevel.All });
  }

  /** Begins with a connection. */
  start(link: Link): void {
    this.link = link;
    const { control } = link;
    link.on('track', (event) => this.track(event));
    control.on('announce', ({ stream }) => this.events.announced(stream));
    control.on('withdraw', ({ stream, message }) => {
      this.end(stream);
      this.events.stopped(stream, message);
    });
    control.on('end', ({ stream }) => this.end(stream));
    control.on('accept', (m) => this.accepted(m));
    control.on('refuse', ({ request, code, message }) => this.refused(request, refusal(code, message)));
    control.on('level', ({ stream, level }) => this.streams.get(stream)?.permit(level));
    control.on('size', ({ stream, width, height }) => this.streams.get(stream)?.resized({ width, height }));
    control.on('shape', (shape) => this.streams.get(shape.stream)?.shaped(shape));
    control.on('stats', (stats) => this.streams.get(stats.stream)?.measured(stats));
    for (const { stream, origin, options } of this.watched) {
      if (origin.how === 'unasked') continue;
      this.put({ origin, options, again: stream, resolve: () => {}, reject: () => this.forget(stream) });
    }
  }

  /** The connection is gone. */
  stop(): void {
    this.link = undefined;
    this.streams.clear();
    this.confirmed.clear();
    this.early.clear();
    for (const { stream } of this.watched) stream.detach();
    for (const [request, { again, reject }] of this.asked) {
      this.asked.delete(request);
      if (!again) reject(new CausewayError('network', 'the connection was lost'));
    }
  }

  /** Ends all streams. */
  close(): void {
    this.stop();
    for (const { stream } of [...this.watched]) this.forget(stream);
  }

  /** Asks for a stream; the publisher decides which. */
  ask(options: StreamOptions): Promise<InboundStream> {
    return this.promise({ how: 'request' }, options);
  }

  /** Joins a stream that was announced. */
  join(stream: number, options: StreamOptions): Promise<InboundStream> {
    return this.promise({ how: 'join', stream }, options);
  }

  private promise(origin: Origin, options: StreamOptions): Promise<InboundStream> {
    if (!this.link) return Promise.reject(new CausewayError('network', 'there is no connection'));
    return new Promise((resolve, reject) => this.put({ origin, options, resolve, reject }));
  }

  private put(asked: Asked): void {
    const request = ++this.request;
    this.asked.set(request, asked);
    const { permissions = InputLevel.All, streamFit = 'contain', metrics = false } = asked.options;
    const wish = { request, level: permissions, fit: streamFit, metrics };
    const { origin } = asked;
    if (origin.how === 'join') this.link?.control.send('join', { ...wish, stream: origin.stream });
    else this.link?.control.send('request', wish);
  }

  private accepted({ request, stream: info, level, input, motion }: ControlMessages['accept']): void {
    const { link } = this;
    const asked = this.asked.get(request);
    this.asked.delete(request);
    const stream = asked ? this.ofRequest(asked, info.id) : this.streams.get(info.id) ?? this.ofNoRequest(request);
    if (!link) return;
    if (!stream) {
      link.control.send('leave', { stream: info.id });
      return;
    }
    this.bind(stream, info.id);
    // An accept of what is watched already, by another request, changes the level at most.
    const { channels } = link;
    if (this.confirmed.has(info.id)) stream.permit(level);
    else stream.accept(info, level, channels.takeInput(input, 'input'), channels.takeInput(motion, 'motion'));
    this.confirmed.add(info.id);
    asked?.resolve(stream);
    if (!asked && stream !== this.primary) this.events.came(stream);
  }

  private ofRequest({ origin, options, again }: Asked, id: number): InboundStream {
    const known = this.streams.get(id);
    if (again && known && known !== again) this.forget(again);
    return known ?? again ?? this.make(origin, options);
  }

  private ofNoRequest(request: number): InboundStream | undefined {
    if (request !== 0 || !this.primary) return undefined;
    if (![...this.streams.values()].includes(this.primary)) return this.primary;
    const unasked = [...this.watched].filter(({ origin }) => origin.how === 'unasked');
    return unasked.length < maxUnasked ? this.make({ how: 'unasked' }, {}) : undefined;
  }

  private refused(request: number, error: CausewayError): void {
    const asked = this.asked.get(request);
    this.asked.delete(request);
    asked?.reject(error);
  }

  /** Tracks find their stream by the name of their MediaStream. The first stream need not wait for its accept. */
  private track(event: RTCTrackEvent): void {
    const [, number, kind] = /^causeway-(\d{1,10})-(video|audio)$/.exec(event.streams[0]?.id ?? '') ?? [];
    if (number === undefined || !kind) return;
    const id = Number(number);
    if (this.unasked && !this.streams.has(id)) {
      const stream = this.ofNoRequest(0);
      if (stream === this.primary && stream) this.bind(stream, id);
    }
    const stream = this.streams.get(id);
    if (stream) stream.attach(event.track, event.receiver);
    else if (this.early.size < maxEarly) this.early.set(`${id}-${kind}`, event);
  }

  private bind(stream: InboundStream, id: number): void {
    if (!this.link || this.streams.get(id) === stream) return;
    this.streams.set(id, stream);
    stream.bind(this.link, id);
    for (const kind of ['video', 'audio']) {
      const event = this.early.get(`${id}-${kind}`);
      if (event) stream.attach(event.track, event.receiver);
      this.early.delete(`${id}-${kind}`);
    }
  }

  /** A stream of this connection is no more; the first place of what comes unasked stays. */
  private end(id: number): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    this.confirmed.delete(id);
    if (!stream) return;
    if (stream !== this.primary) return this.forget(stream);
    stream.permit(InputLevel.None);
    stream.detach();
  }

  private make(origin: Origin, options: StreamOptions): InboundStream {
    const stream: InboundStream = new InboundStream(this.peer, options, () => {
      if (this.streams.get(stream.id) === stream) this.link?.control.send('leave', { stream: stream.id });
      this.forget(stream);
    });
    this.watched.add({ stream, origin, options });
    return stream;
  }

  private forget(stream: InboundStream): void {
    for (const watched of this.watched) if (watched.stream === stream) this.watched.delete(watched);
    if (this.streams.get(stream.id) === stream) {
      this.streams.delete(stream.id);
      this.confirmed.delete(stream.id);
    }
    stream.finish();
  }
}
