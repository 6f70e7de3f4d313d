import { Announcement } from './announcement';
import { Attempts } from './attempts';
import type { DataChannel, DataChannelMode } from './channel';
import type { Connection } from './connection';
import { CausewayError, ConnectError, rejection } from './errors';
import { Emitter } from './events';
import { Link } from './link';
import { silent, type Log } from './log';
import { asObject, type ControlMessages } from './messages';
import type { OutboundStream, OutboundStreamOptions } from './outbound';
import { Published } from './published';
import type { Route } from './route';
import { Serving, type StreamRequest } from './serving';
import type { Message } from './signal';
import type { InboundStream, StreamOptions } from './stream';
import { Watching } from './watching';

/**
 * new: not asked yet. connecting: the first attempt, which may wait for the
 * other side's approval. disconnected: lost, and tried again by itself.
 * failed: over, or trying again would not help.
 */
export type PeerState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed';
export const PeerState = {
  New: 'new', Connecting: 'connecting', Connected: 'connected', Disconnected: 'disconnected', Failed: 'failed',
} as const;

/** Something at the host stopped, or works again; the message is for the person. */
export type Status = ControlMessages['status'];

export interface PeerEvents {
  /** The state changed, or what `error` and `retryAt` say of it. */
  'connection-state-change': PeerState;
  /** The other side made a channel. */
  datachannel: DataChannel;
  /** There is a stream to join. */
  'stream-announcement': Announcement;
  /** A stream that was announced is no more. */
  'stream-stop': { readonly id: number; readonly message: string };
  /** A stream came unasked, beside `stream`. */
  stream: InboundStream;
  /** The other side asks for a stream. While nobody listens it gets the first that is published. */
  'stream-request': StreamRequest;
  status: Status;
  /** A track arrived, of whatever stream. */
  track: RTCTrackEvent;
  close: undefined;
}

export interface PeerOptions {
  readonly token?: string;
  /** What else the other side's application shall know. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Have the other side send its streams at once, the first of them as `stream`. The default is to ask for streams. */
  readonly watch?: boolean;
  /** Connect again after a loss, and go on trying while nobody is there. The default is true. */
  readonly reconnect?: boolean;
}

/** A peer that sends its streams unasked. */
export type WatchedPeer = Peer & { readonly stream: InboundStream };

/** How this side came to know the peer: it joins it, heard it join, or heard its offer. */
export type PeerRole = 'caller' | 'callee' | 'offered';

/** Made by those who make a Peer. */
export interface PeerSetup {
  readonly route: Route;
  readonly role: PeerRole;
  /** What of ours it may watch, beside what is published to it alone. */
  readonly published: Published;
  /** Whether the other side wants to be sent our streams, as it said when it came. */
  readonly watches?: boolean;
  readonly externalId?: string;
  readonly configuration?: RTCConfiguration;
  readonly log?: Log;
}

/** How long an offer may take to become a connection, in ms. */
const connectTime = 12_000;
/** How long after signalling came back the connection itself is in doubt, in ms. */
const reassureTime = 3000;

/**
 * Peer is another participant. One that we call outlives its connections: it
 * is joined again after every loss until close. One that called us, or is in
 * a room, is over when its connection is lost; it may come anew.
 */
export class Peer extends Emitter<PeerEvents> {
  readonly streams: ReadonlyMap<number, InboundStream>;
  /** The stream that comes unasked, whether it is there yet or not; undefined without `watch`. */
  readonly stream: InboundStream | undefined;
  /** Why there is no connection; undefined while there is one. */
  error: ConnectError | undefined;

  private current: PeerState = 'new';
  private known = '';
  private link: Link | undefined;
  private over = false;
  private greeted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watches: boolean;
  private readonly log: Log;
  private readonly attempts: Attempts | undefined;
  private readonly watching: Watching;
  private readonly serving: Serving;
  private readonly own = new Published();
  private readonly leave: (() => void)[] = [];

  /** Made by Connection and Room. */
  constructor(readonly connection: Connection, private readonly setup: PeerSetup, private readonly options: PeerOptions) {
    super();
    const { role, externalId = '', watches = true } = setup;
    this.log = setup.log ?? silent;
    this.known = externalId;
    this.watches = role === 'caller' ? false : watches;
    this.watching = new Watching(this, options.watch ?? false, {
      announced: (info) => this.emit('stream-announcement', new Announcement(info, (o) => this.watching.join(info.id, o))),
      stopped: (id, message) => this.emit('stream-stop', { id, message }),
      came: (stream) => this.emit('stream', stream),
    });
    this.streams = this.watching.streams;
    this.stream = this.watching.primary;
    this.serving = new Serving(this, () => [...setup.published.streams, ...this.own.streams], {
      requested: (request) => {
        const heard = this.listens('stream-request');
        this.emit('stream-request', request);
        return heard;
      },
      publish: (media, o) => setup.published.publish(media, o),
    });
    for (const published of [setup.published, this.own]) published.add(this);
    if (role === 'caller') this.attempts = new Attempts(() => this.setup.route.signal.open, () => this.join());
  }

  /** The other side's id. */
  get id(): string {
    return this.setup.route.remote;
  }

  /** How the application of the other side calls it; empty until it is known, or when it has no name. */
  get externalId(): string {
    return this.known;
  }

  /** True when the other side has said that it speaks this protocol. A Peerix client never does. */
  get isCauseway(): boolean {
    return this.greeted;
  }

  get state(): PeerState {
    return this.current;
  }

  /** When the next attempt is, on performance.now()'s clock; undefined while it is under way. */
  get retryAt(): number | undefined {
    return this.attempts?.at;
  }

  /** The named channels of the present connection, by their labels. */
  get dataChannels(): ReadonlyMap<string, DataChannel> {
    return this.link?.channels.byLabel ?? new Map<string, DataChannel>();
  }

  /** The browser's own part of the present connection. */
  get rtc(): RTCPeerConnection | undefined {
    return this.link?.session.pc;
  }

  /** Starts connecting. Called by those who made it. @internal */
  start(): void {
    if (typeof RTCPeerConnection === 'undefined') {
      this.fail(new ConnectError('unsupported', 'this browser has no WebRTC, or it is switched off'));
      return;
    }
    const { signal } = this.setup.route;
    this.leave.push(
      signal.on('open', () => this.signalOpened()),
      signal.on('lost', ({ retryAt }) => this.signalLost(retryAt)),
      signal.on('refused', ({ code, text, namespace }) => this.setup.route.concerns(namespace) && this.refused(code, text)),
    );
    // Made before it is needed: its certificate is ready when the offer comes.
    this.open(this.setup.role === 'callee');
    this.change('connecting');
    if (!this.attempts) this.allow(connectTime);
    else if (signal.open) this.join();
  }

  /** Tries now instead of at the end of the wait; also after a failure. */
  retry(): void {
    if (this.current === 'connected' || !this.attempts || this.over) return;
    this.attempts.reset();
    if (this.setup.route.signal.open) this.join();
    else this.setup.route.signal.retry();
  }

  /** Makes a channel; it resolves when it is open. */
  createDataChannel({ id, mode = 'reliable' }: { id: string; mode?: DataChannelMode }): Promise<DataChannel> {
    if (!this.link) return Promise.reject(new CausewayError('network', 'there is no connection'));
    return this.link.channels.create(id, mode);
  }

  /** Asks for a stream; which, the other side decides. Rejects when it does. */
  createStream(options: StreamOptions = {}): Promise<InboundStream> {
    return this.watching.ask(options);
  }

  /** Has every stream announced again. */
  forceStreamAnnouncements(): void {
    this.link?.control.send('announcements', {});
  }

  /** Publishes a stream to this peer alone. Connection.publish does to all. */
  publish(media: MediaStream, options: OutboundStreamOptions = {}): OutboundStream {
    return this.own.publish(media, options);
  }

  /** Opens a channel of the application's own number, which the other side must open too. See Room.openChannel. */
  openRaw({ label = '', ...options }: RTCDataChannelInit & { id: number; label?: string }): RTCDataChannel | undefined {
    return this.link?.session.pc.createDataChannel(label, { ...options, negotiated: true });
  }

  /** Ends the connection for good. */
  close(why = new ConnectError('closed', 'we closed the connection')): void {
    if (this.over) return;
    this.setup.route.send('leave');
    this.end(why);
  }

  /** Ends it without a word: the other side has ended it already, or begins anew. Called by those who made it. @internal */
  end(error: ConnectError): void {
    if (this.over) return;
    this.over = true;
    for (const undo of this.leave.splice(0)) undo();
    this.drop();
    this.watching.close();
    this.own.close();
    this.error = error;
    this.attempts?.stop();
    if (this.current !== 'failed') this.change('failed');
    this.emit('close', undefined);
  }

  /** Handles what the other side sent over signalling. Called by those who made it. @internal */
  receive({ type, data, metadata }: Message): void {
    switch (type) {
      case 'offer':
        this.introduced(data);
        if (this.link?.session.isFresh) this.allow(connectTime);
        void this.link?.session.receive(type, data);
        break;
      case 'answer':
      case 'candidate':
        void this.link?.session.receive(type, data);
        break;
      case 'reject':
        this.lose(rejection(data));
        break;
      case 'leave':
        this.lose(new ConnectError('left', 'the other side ended the connection'));
        break;
      default:
        this.log('debug', 'unknown message', { type, metadata });
    }
  }

  /** There is a stream that it may watch. Called by Published. @internal */
  announce(stream: OutboundStream): void {
    this.serving.announce(stream);
  }

  /** A stream is no more. Called by Published. @internal */
  withdraw(stream: OutboundStream): void {
    this.serving.withdraw(stream);
  }

  private introduced(data: unknown): void {
    const offer = asObject(data);
    if (typeof offer?.['externalId'] === 'string') this.known = offer['externalId'].slice(0, 1024);
    if (offer?.['watch'] !== false && this.link?.session.isFresh) this.serving.wantAll();
  }

  private join(): void {
    clearTimeout(this.timer);
    if (!this.link?.session.isFresh) this.open(false);
    this.attempts?.begin(() => this.lose(new ConnectError('timeout', 'the host does not answer')));
    this.change(this.current === 'new' ? 'connecting' : this.current === 'failed' ? 'disconnected' : this.current);
    const { token, metadata = {}, watch = false } = this.options;
    this.setup.route.send('join', this.introduction(watch), token ? { token, ...metadata } : metadata);
  }

  private introduction(watch = this.options.watch ?? false): { watch: boolean; externalId?: string } {
    const { externalId } = this.connection;
    return { watch, ...(externalId && { externalId }) };
  }

  private refused(code: string, text: string): void {
    if (this.current === 'connected' || !this.attempts) return;
    this.log('warn', 'signalling refused', `${code} ${text}`);
    this.lose(code === 'absent'
      ? new ConnectError('absent', 'the host is not there')
      : new ConnectError(code === 'denied' || code === 'taken' || code === 'limit' ? code : 'internal', text));
  }

  private signalOpened(): void {
    if (this.current === 'failed') return;
    if (this.current === 'connected' && !this.link?.control.doubtful) {
      // Its pings tell within moments whether the connection is still good.
      this.timer = setTimeout(() => this.link?.control.worry(false), reassureTime);
      return;
    }
    // A host that restarted knows nothing of the old connection.
    if (this.current === 'connected') this.lose(new ConnectError('network', 'the host restarted'));
    if (this.attempts && !this.over) this.join();
  }

  private signalLost(retryAt: number): void {
    if (this.current === 'failed') return;
    if (this.current === 'connected') {
      // Media flows on without signalling, unless the host is gone.
      this.link?.control.worry(true);
      return;
    }
    if (!this.attempts) return;
    clearTimeout(this.timer);
    if (!this.goesOn) {
      this.fail(new ConnectError('unreachable', 'the server cannot be reached'));
      return;
    }
    this.attempts.wait(retryAt);
    this.error = new ConnectError('unreachable', 'the host cannot be reached');
    this.change('disconnected');
  }

  private get goesOn(): boolean {
    return this.attempts !== undefined && this.options.reconnect !== false;
  }

  /** Makes a connection, in the place of the last. */
  private open(offers: boolean): void {
    this.drop();
    const { route, role, configuration } = this.setup;
    const link = new Link(this, {
      self: route.self,
      externalId: this.connection.externalId,
      offers,
      needsVideo: role === 'caller' && this.options.watch === true,
      send: (type, data) => route.send(type, type === 'offer' ? { ...data, ...this.introduction() } : data),
      configuration,
      log: this.log,
    });
    this.link = link;
    link.on('track', (event) => this.emit('track', event));
    link.on('datachannel', (channel) => this.emit('datachannel', channel));
    link.on('connected', () => this.connected());
    link.on('failed', (error) => link === this.link && this.lose(error));
    link.control.on('hello', ({ externalId }) => {
      this.known = externalId || this.known;
      this.greeted = true;
    });
    link.control.on('status', (status) => this.emit('status', status));
    this.watching.start(link);
    this.serving.start(link, this.watches);
  }

  private connected(): void {
    clearTimeout(this.timer);
    this.attempts?.reset();
    this.error = undefined;
    this.change('connected');
  }

  /** Ends the present attempt or connection, and plans the next where one makes sense. */
  private lose(error: ConnectError): void {
    if (this.over) return;
    this.log(error.final ? 'error' : 'info', 'connection lost', error.message);
    if (error.final || !this.goesOn) {
      this.fail(error);
      return;
    }
    this.open(false);
    this.error = error;
    // Without signalling the next attempt begins when that is back.
    this.setup.route.signal.check();
    this.attempts?.plan(Math.max(error.retryAfter, error.code === 'busy' ? 5000 : 0));
    this.change('disconnected');
  }

  /** There will be no more attempts, but those that retry makes. */
  private fail(error: ConnectError): void {
    this.drop();
    this.error = error;
    this.attempts?.stop();
    this.change('failed');
    if (!this.attempts) this.end(error);
  }

  private drop(): void {
    clearTimeout(this.timer);
    const { link } = this;
    if (!link) return;
    this.watching.stop();
    this.serving.stop();
    this.link = undefined;
    link.close();
  }

  private allow(time: number): void {
    clearTimeout(this.timer);
    this.attempts?.stop();
    this.timer = setTimeout(() => this.lose(new ConnectError('timeout', 'no network path to the other side')), time);
  }

  private change(state: PeerState): void {
    this.current = state;
    this.emit('connection-state-change', state);
  }
}
