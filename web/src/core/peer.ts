import { Backoff } from './backoff';
import { Control, type Hello, type HostStats, type Status } from './control';
import { ConnectError, rejection } from './errors';
import { Emitter } from './events';
import { InputSender } from './input/sender';
import { silent, type Log } from './log';
import { Session } from './session';
import type { Message, Signal } from './signal';
import { StatsReader, type Stats } from './stats';
import { InboundStream } from './stream';
import { watchViewport, type Viewport } from './viewport';

/**
 * new: not asked yet. connecting: the first attempt. disconnected: lost, and
 * tried again by itself. failed: trying again would not help.
 */
export type PeerState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed';

export interface PeerEvents {
  'connection-state-change': PeerState;
  hello: Hello;
  /** Something at the host stopped or works again; the message is for the person. */
  status: Status;
  /** The host's own numbers, once a second after watch(true). */
  stats: HostStats;
  datachannel: RTCDataChannel;
  close: undefined;
}

export interface PeerOptions {
  readonly token?: string;
  readonly configuration?: RTCConfiguration;
  readonly log?: Log;
}

/** How long a host may take to offer, and an offer to become a connection, in ms. */
const offerTime = 5000;
const connectTime = 12_000;
/** How long after signalling came back the connection itself is in doubt, in ms. */
const reassureTime = 3000;

/**
 * Peer is a host as this viewer sees it, across any number of connections:
 * it joins, and joins again after every loss until close.
 */
export class Peer extends Emitter<PeerEvents> {
  readonly stream: InboundStream;
  readonly streams: ReadonlyMap<number, InboundStream>;
  readonly dataChannels = new Map<string, RTCDataChannel>();
  /** Why there is no connection; undefined while there is one. */
  error: ConnectError | undefined;
  /** When the next attempt is, on performance.now()'s clock; undefined while it is under way. */
  retryAt: number | undefined;
  hello: Hello | undefined;
  hostStats: HostStats | undefined;

  private current: PeerState = 'new';
  private session: Session | undefined;
  private control: Control | undefined;
  private viewport: Viewport | undefined;
  private watching = false;
  private readonly log: Log;
  private readonly sender = new InputSender();
  private readonly backoff = new Backoff(200);
  private readonly reader: StatsReader;
  private readonly leave: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Made by Connection; `self` is the viewer's id. */
  constructor(
    readonly id: string,
    private readonly self: string,
    private readonly signal: Signal,
    private readonly options: PeerOptions,
  ) {
    super();
    this.log = options.log ?? silent;
    this.stream = new InboundStream(this.sender, () => this.control?.clock);
    this.streams = new Map([[0, this.stream]]);
    const peer = this;
    this.reader = new StatsReader({
      get pc() { return peer.session?.pc; },
      get clock() { return peer.control?.clock; },
      get host() { return peer.hostStats; },
      get inputEvents() { return peer.sender.sent; },
    }, this.stream.frames);
  }

  get state(): PeerState {
    return this.current;
  }

  /** Starts connecting, and goes on until close. */
  start(): void {
    if (typeof RTCPeerConnection === 'undefined') {
      this.error = new ConnectError('unsupported', 'this browser has no WebRTC, or it is switched off');
      this.change('failed');
      return;
    }
    // Made before it is needed: its certificate is ready when the offer comes.
    this.session = this.newSession();
    this.leave.push(
      this.signal.on('open', () => this.signalOpened()),
      this.signal.on('lost', ({ retryAt }) => this.signalLost(retryAt)),
      this.signal.on('message', ({ message }) => message.id === this.id && this.receive(message)),
      this.signal.on('refused', ({ code, text }) => this.refused(code, text)),
      watchViewport(this.stream.container, (viewport) => {
        this.viewport = viewport;
        this.control?.viewport(viewport);
      }),
    );
    this.stream.devices.attach();
    this.change('connecting');
    if (this.signal.open) this.join();
  }

  /** Tries now instead of at the end of the wait; also after a failure. */
  retry(): void {
    if (this.current === 'connected') return;
    this.backoff.reset();
    if (this.signal.open) this.join();
    else this.signal.retry();
  }

  /** Asks for the host's own numbers once a second, or no more. */
  watch(on: boolean): void {
    this.watching = on;
    this.control?.watch(on);
  }

  stats(): Promise<Stats> {
    return this.reader.read();
  }

  /** Ends the connection for good. */
  close(): void {
    for (const undo of this.leave.splice(0)) undo();
    this.send('leave');
    this.error = new ConnectError('closed', 'the viewer closed the connection');
    this.drop();
    this.stream.close();
    this.change('failed');
    this.emit('close', undefined);
  }

  private join(): void {
    clearTimeout(this.timer);
    if (!this.session?.fresh) {
      this.drop();
      this.session = this.newSession();
    }
    this.retryAt = undefined;
    this.change(this.current === 'new' ? 'connecting' : this.current === 'failed' ? 'disconnected' : this.current);
    const metadata = this.options.token ? { token: this.options.token } : {};
    this.signal.publish(this.namespace, { type: 'join', id: this.self, data: false, metadata });
    this.timer = setTimeout(() => this.lose(new ConnectError('timeout', 'the host does not answer')), offerTime);
  }

  private get namespace(): string {
    return `${this.id}:${this.id}`;
  }

  private send(type: string, data?: object): void {
    this.signal.publish(this.namespace, { type, id: this.self, data });
  }

  private receive({ type, data }: Message): void {
    switch (type) {
      case 'offer':
        if (this.session?.fresh) this.allow(connectTime);
        void this.session?.receive(type, data);
        break;
      case 'answer':
      case 'candidate':
        void this.session?.receive(type, data);
        break;
      case 'reject':
        this.lose(rejection(data));
        break;
      case 'leave':
        this.lose(new ConnectError('left', 'the host ended the connection'));
    }
  }

  private refused(code: string, text: string): void {
    if (this.current === 'connected') return;
    this.log('warn', 'signalling refused', `${code} ${text}`);
    this.lose(code === 'absent'
      ? new ConnectError('absent', 'the host is not there')
      : new ConnectError(code === 'denied' ? 'denied' : 'internal', text));
  }

  private signalOpened(): void {
    if (this.current === 'failed') return;
    if (this.current !== 'connected') {
      this.join();
    } else if (this.control?.doubtful) {
      // A host that restarted knows nothing of the old connection.
      this.lose(new ConnectError('network', 'the host restarted'));
      this.join();
    } else {
      // Its pings tell within moments whether the connection is still good.
      this.timer = setTimeout(() => this.control?.worry(false), reassureTime);
    }
  }

  private signalLost(retryAt: number): void {
    if (this.current === 'failed') return;
    if (this.current === 'connected') {
      // Media flows on without signalling, unless the host is gone.
      this.control?.worry(true);
      return;
    }
    clearTimeout(this.timer);
    this.retryAt = retryAt;
    this.error = new ConnectError('unreachable', 'the host cannot be reached');
    this.change('disconnected');
  }

  private newSession(): Session {
    const session = new Session({
      polite: this.self > this.id,
      send: (type, data) => this.send(type, data),
      configuration: this.options.configuration,
      log: this.log,
    });
    session.on('track', ({ track, receiver }) => this.stream.attach(track, receiver));
    session.on('channel', (channel) => this.addChannel(session, channel));
    session.on('connected', () => this.connected());
    session.on('failed', (error) => session === this.session && this.lose(error));
    return session;
  }

  private connected(): void {
    clearTimeout(this.timer);
    this.backoff.reset();
    this.error = undefined;
    this.retryAt = undefined;
    this.change('connected');
  }

  private addChannel(session: Session, channel: RTCDataChannel): void {
    if (session !== this.session) return;
    this.dataChannels.set(channel.label, channel);
    if (channel.label === 'control') this.addControl(session, channel);
    this.stream.connectInput(this.dataChannels.get('input'), this.dataChannels.get('motion'));
    this.emit('datachannel', channel);
  }

  private addControl(session: Session, channel: RTCDataChannel): void {
    const control = new Control(channel);
    this.control = control;
    const gone = (): void => {
      if (session === this.session) this.lose(new ConnectError('left', 'the host ended the connection'));
    };
    channel.addEventListener('close', gone);
    control.on('silent', gone);
    control.on('hello', (hello) => {
      this.hello = hello;
      this.stream.permit(hello.level);
      if (this.viewport) control.viewport(this.viewport);
      if (this.watching) control.watch(true);
      this.emit('hello', hello);
    });
    control.on('level', ({ level }) => this.stream.permit(level));
    control.on('status', (status) => this.emit('status', status));
    control.on('stats', (stats) => {
      this.hostStats = stats;
      this.emit('stats', stats);
    });
  }

  /** Ends the present attempt or connection, and plans the next where one makes sense. */
  private lose(error: ConnectError): void {
    this.log(error.final ? 'error' : 'info', 'connection lost', error.message);
    this.drop();
    this.error = error;
    if (error.final) {
      this.retryAt = undefined;
      this.change('failed');
      return;
    }
    this.session = this.newSession();
    // Without signalling the next attempt begins when that is back.
    this.signal.check();
    const wait = Math.max(this.backoff.next(), error.retryAfter, error.code === 'busy' ? 5000 : 0);
    this.retryAt = performance.now() + wait;
    if (this.signal.open) this.timer = setTimeout(() => this.join(), wait);
    this.change('disconnected');
  }

  private drop(): void {
    clearTimeout(this.timer);
    const session = this.session;
    this.session = undefined;
    this.control?.close();
    this.control = undefined;
    this.hostStats = undefined;
    this.dataChannels.clear();
    this.stream.detach();
    session?.close();
  }

  private allow(time: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lose(new ConnectError('timeout', 'no network path to the host')), time);
  }

  private change(state: PeerState): void {
    this.current = state;
    this.emit('connection-state-change', state);
  }
}
