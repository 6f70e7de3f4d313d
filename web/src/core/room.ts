import { CausewayError, type ErrorCode } from './errors';
import { Emitter } from './events';
import type { OutboundStream, OutboundStreamOptions } from './outbound';
import type { Peer, PeerRole, PeerState } from './peer';
import { Published } from './published';
import { readJoin, type Join } from './request';
import type { Message, Signal } from './signal';

export interface RoomOptions {
  /** What the application tells the others: a token of the room, perhaps. */
  readonly metadata?: unknown;
  /** Who may connect; by default, everybody in the room. */
  readonly verify?: (remote: Join) => boolean | Promise<boolean>;
}

/** A channel of the application's own: both sides open it by the same number, with the same options. */
export interface RoomChannelOptions {
  /** 0 to 127, or 256 to 1022. */
  readonly id: number;
  readonly label?: string;
  readonly ordered?: boolean;
  readonly maxPacketLifeTime?: number;
  readonly maxRetransmits?: number;
  readonly protocol?: string;
  /** With whom it is opened; by default everybody. */
  readonly filter?: (target: { remote: Peer }) => boolean;
}

export interface SendOptions {
  /** The channel's number, or label; by default all channels. */
  readonly id?: number;
  readonly label?: string;
  readonly filter?: (target: { remote: Peer; channel: RTCDataChannel }) => boolean;
}

export interface RoomEvents {
  state: { readonly remote: Peer; readonly state: PeerState };
  /** A track of a remote's arrived. */
  publish: { readonly remote: Peer; readonly stream: MediaStream; readonly track: MediaStreamTrack };
  unpublish: { readonly remote: Peer; readonly stream: MediaStream; readonly track: MediaStreamTrack };
  open: { readonly remote: Peer; readonly channel: RTCDataChannel };
  close: { readonly remote: Peer; readonly channel: RTCDataChannel };
  /** What came over a channel: text, or an ArrayBuffer. */
  message: { readonly remote: Peer; readonly channel: RTCDataChannel; readonly data: string | ArrayBuffer };
  error: { readonly error: CausewayError; readonly code: ErrorCode };
}

/** What a room needs of its connection. */
export interface RoomSetup {
  readonly self: string;
  readonly externalId: string;
  readonly secret: string;
  readonly signal: Signal;
  /** Makes the peer for a remote, in the place of one that is there. */
  make(remote: Join, role: PeerRole, published: Published): Peer;
  left(): void;
}

/** Members that are connected to, and messages that wait while one of them is verified. */
const maxRemotes = 64;
const maxWaiting = 64;

/**
 * Room is a room of equals, in which everybody is connected to everybody and
 * is sent what all publish. It has the shape of a Peerix peer, and meshes
 * with those.
 */
export class Room extends Emitter<RoomEvents> {
  /** The others, by id. */
  readonly remotes = new Map<string, Peer>();
  /** The channels that are open with everybody, by number. */
  readonly channels = new Map<number, RoomChannelOptions>();
  private readonly published = new Published();
  private readonly raw = new Map<Peer, Map<number, RTCDataChannel>>();
  /** Those who are being verified, with what they said meanwhile. */
  private readonly waiting = new Map<string, Message[]>();
  private readonly undo: (() => void)[] = [];
  private isActive = true;

  /** Made by Connection. */
  constructor(readonly name: string, private readonly options: RoomOptions, private readonly setup: RoomSetup) {
    super();
    const { signal, self, secret } = setup;
    signal.claim(`${name}:${self}`, secret);
    signal.subscribe(name);
    this.undo.push(
      // Who is connected has no need to join again, and would lose the connection by it.
      signal.on('open', () => [...this.remotes.values()].some(({ state }) => state === 'connected') || this.join()),
      signal.on('refused', ({ code, text, namespace }) => namespace === `${name}:${self}` && this.refused(code, text)),
    );
    if (signal.open) this.join();
  }

  /** Our id in the room. */
  get id(): string {
    return this.setup.self;
  }

  get metadata(): unknown {
    return this.options.metadata;
  }

  /** True until leave. */
  get active(): boolean {
    return this.isActive;
  }

  /** What we publish here. */
  get streams(): ReadonlySet<OutboundStream> {
    return this.published.streams;
  }

  /** Sends a stream to everybody in the room. */
  publish(media: MediaStream, options: OutboundStreamOptions = {}): OutboundStream {
    return this.published.publish(media, options);
  }

  unpublish(stream: OutboundStream): void {
    if (this.published.streams.has(stream)) stream.close();
  }

  /** Opens a channel with everybody, as far as they open it too. */
  openChannel(channel: number | RoomChannelOptions): void {
    const options = typeof channel === 'number' ? { id: channel } : channel;
    const { id } = options;
    const free = Number.isInteger(id) && ((id >= 0 && id <= 127) || (id >= 256 && id <= 1022));
    if (!free) throw new CausewayError('unsupported', `${id} is no number for a channel of one's own`);
    this.channels.set(id, options);
    for (const remote of this.remotes.values()) this.openWith(remote, options);
  }

  closeChannel(id: number): void {
    this.channels.delete(id);
    for (const channels of this.raw.values()) channels.get(id)?.close();
  }

  /** The channels with one remote, by number, as the browser has them. */
  channelsOf(remote: Peer): ReadonlyMap<number, RTCDataChannel> {
    return this.raw.get(remote) ?? new Map<number, RTCDataChannel>();
  }

  /** Sends to everybody, over all open channels or those that are chosen. Who is not reached is left out. */
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>, { id, label, filter = () => true }: SendOptions = {}): void {
    for (const [remote, channels] of this.raw) {
      for (const channel of channels.values()) {
        const chosen = (id === undefined || channel.id === id) && (label === undefined || channel.label === label);
        if (chosen && channel.readyState === 'open' && filter({ remote, channel })) channel.send(data as ArrayBuffer);
      }
    }
  }

  /** Leaves, and tells everybody. */
  leave(): void {
    if (!this.isActive) return;
    this.isActive = false;
    for (const undo of this.undo) undo();
    this.published.close();
    for (const remote of [...this.remotes.values()]) remote.close();
    this.setup.signal.unsubscribe(`${this.name}:${this.setup.self}`);
    this.setup.signal.unsubscribe(this.name);
    this.setup.left();
  }

  /** Handles what somebody in the room sent over signalling. Called by Connection. @internal */
  receive(message: Message): void {
    const { id, type } = message;
    const waiting = this.waiting.get(id);
    const remote = this.remotes.get(id);
    if (waiting) {
      if (waiting.length < maxWaiting) waiting.push(message);
    } else if (type === 'join') {
      // One that has said no hello is a Peerix client, which joins again to
      // publish, and would not understand a second connection.
      if (!remote || remote.isCauseway || remote.state !== 'connected') void this.admit(message, 'callee');
    } else if (type === 'offer' && !remote) {
      void this.admit(message, 'offered');
    } else {
      remote?.receive(message);
    }
  }

  private join(): void {
    const { self, externalId, signal } = this.setup;
    const data = { watch: true, ...(externalId && { externalId }) };
    signal.publish(this.name, { type: 'join', id: self, data, metadata: this.options.metadata });
  }

  /** Connects to one who joined or offered, if it may. */
  private async admit(message: Message, role: PeerRole): Promise<void> {
    const join = readJoin(message);
    if (this.remotes.size + this.waiting.size >= maxRemotes && !this.remotes.has(join.id)) return;
    const later: Message[] = [];
    this.waiting.set(join.id, later);
    const allowed = await this.verify(join);
    this.waiting.delete(join.id);
    if (!allowed || !this.isActive) return;
    const remote = this.setup.make(join, role, this.published);
    this.add(remote);
    remote.start();
    for (const options of this.channels.values()) this.openWith(remote, options);
    if (role === 'offered') remote.receive(message);
    for (const next of later) this.receive(next);
  }

  private async verify(join: Join): Promise<boolean> {
    try {
      return (await this.options.verify?.(join)) ?? true;
    } catch (error) {
      this.failed(new CausewayError('internal', `verify: ${String(error)}`));
      return false;
    }
  }

  private add(remote: Peer): void {
    this.remotes.set(remote.id, remote);
    this.raw.set(remote, new Map());
    remote.on('connection-state-change', (state) => this.emit('state', { remote, state }));
    remote.on('track', ({ track, streams: [stream] }) => {
      if (!stream) return;
      this.emit('publish', { remote, stream, track });
      stream.addEventListener('removetrack', (event) => {
        if (event.track === track) this.emit('unpublish', { remote, stream, track });
      });
    });
    remote.on('close', () => {
      this.raw.delete(remote);
      if (this.remotes.get(remote.id) === remote) this.remotes.delete(remote.id);
    });
  }

  private openWith(remote: Peer, { filter = () => true, ...options }: RoomChannelOptions): void {
    const channels = this.raw.get(remote);
    if (!channels || channels.has(options.id) || !filter({ remote })) return;
    const channel = remote.openRaw(options);
    if (!channel) return;
    channel.binaryType = 'arraybuffer';
    channels.set(options.id, channel);
    channel.addEventListener('open', () => this.emit('open', { remote, channel }));
    channel.addEventListener('message', ({ data }) => this.emit('message', { remote, channel, data }));
    channel.addEventListener('close', () => {
      if (channels.get(options.id) === channel) channels.delete(options.id);
      this.emit('close', { remote, channel });
    });
  }

  private refused(code: string, text: string): void {
    this.failed(new CausewayError(code === 'taken' || code === 'denied' || code === 'limit' ? code : 'internal', text));
  }

  private failed(error: CausewayError): void {
    this.emit('error', { error, code: error.code });
  }
}
