import { ConnectError, type CausewayError } from './errors';
import { Emitter } from './events';
import type { Log } from './log';
import type { OutboundStream, OutboundStreamOptions } from './outbound';
import { Peer, type PeerOptions, type PeerRole, type WatchedPeer } from './peer';
import { Published } from './published';
import { PeerConnectionRequest, readJoin, type Join } from './request';
import { Room, type RoomOptions } from './room';
import { Route } from './route';
import { Signal, type Message } from './signal';

export interface ConnectOptions {
  /** The server's address, such as "wss://desk.example/ws"; by default the page's own. */
  readonly url?: string;
  /** How the application knows this peer; others are told. */
  readonly externalId?: string;
  /** This peer's id, `[A-Za-z0-9_-]{1,64}`; by default a random one. */
  readonly id?: string;
  /** For the hosts that are connected to, unless told otherwise there. */
  readonly token?: string;
  /** For RTCPeerConnection: TURN servers and the like. */
  readonly configuration?: RTCConfiguration;
  /**
   * The address of the folder with sound-worker.js and sound-worklet.js, which
   * play sound with half the delay where the browser can. Without it an
   * `<audio>` plays.
   */
  readonly sound?: string;
  readonly log?: Log;
}

export interface ConnectionEvents {
  /** Somebody wants to connect. Listening to it is what makes this peer known to the server under its id. */
  'peer-request': PeerConnectionRequest;
  /** The server refuses us our own id, or gave it to another; `taken`. */
  error: CausewayError;
  close: undefined;
}

/** Requests that may wait for the application. */
const maxRequests = 64;

/** Connection is a peer's place on a signalling server, and the peers it reaches from there or is reached by. */
export class Connection extends Emitter<ConnectionEvents> {
  /** Who is connected to, or called, by id. */
  readonly peers: ReadonlyMap<string, Peer>;
  readonly id: string;
  readonly externalId: string;
  /** Where the sound's files are, or nothing. @internal */
  readonly sound: string | undefined;
  private readonly byID = new Map<string, Peer>();
  /** Peers by room and id. */
  private readonly byRoute = new Map<string, Peer>();
  private readonly rooms = new Map<string, Room>();
  private readonly audience = new Published();
  private readonly requests = new Map<string, PeerConnectionRequest>();
  private readonly secret = random(22);
  private readonly signal: Signal;
  private listening = false;

  constructor(private readonly options: ConnectOptions = {}) {
    super();
    this.peers = this.byID;
    this.id = options.id ?? `v${random(12)}`;
    this.externalId = options.externalId ?? '';
    this.sound = options.sound;
    this.signal = new Signal(options.url ?? ownServer(), options.log);
    this.signal.on('message', ({ namespace, message }) => this.receive(namespace, message));
    this.signal.on('refused', ({ code, text, namespace }) => {
      if (this.listening && namespace === `${this.id}:${this.id}`) this.refused(code, text);
    });
    this.signal.on('taken', () => this.refused('taken', 'another connection has this id now'));
    this.signal.start();
  }

  /** The peer of an id, connected to or not. It keeps trying, and tells by its events how that goes. */
  call(id: string, options: PeerOptions & { readonly watch: true }): WatchedPeer;
  call(id: string, options?: PeerOptions): Peer;
  call(id: string, options: PeerOptions = {}): Peer {
    const known = this.byID.get(id);
    if (known) return known;
    const claim = `${id}:${this.id}`;
    const peer = this.add(id, id, 'caller', { token: this.options.token, ...options });
    this.signal.claim(claim, this.secret);
    peer.addEventListener('close', () => this.signal.unsubscribe(claim));
    peer.start();
    return peer;
  }

  /**
   * Resolves to a peer once connected, however long that takes. Rejects with a
   * ConnectError when trying again would not help, as when the peer rejects
   * it, or with `reconnect: false` after the first failure.
   */
  connect(id: string, options: PeerOptions & { readonly watch: true }): Promise<WatchedPeer>;
  connect(id: string, options?: PeerOptions): Promise<Peer>;
  connect(id: string, options: PeerOptions = {}): Promise<Peer> {
    return connected(this.call(id, options));
  }

  /** Gives up connecting to a peer: its connect rejects with `cancelled`. */
  cancelConnectionAttempt(id: string): void {
    const peer = this.byID.get(id);
    if (peer && peer.state !== 'connected') peer.close(new ConnectError('cancelled', 'the attempt was cancelled'));
  }

  /** What is published to those who call us, and those we call. */
  get published(): ReadonlySet<OutboundStream> {
    return this.audience.streams;
  }

  /** Publishes a stream to all peers, those of now and those to come; but not to rooms. */
  publish(media: MediaStream, options: OutboundStreamOptions = {}): OutboundStream {
    return this.audience.publish(media, options);
  }

  /** Joins a room of equals, in which everybody is connected to everybody. It returns at once; awaiting it is harmless. */
  joinRoom(name: string, options: RoomOptions = {}): Room {
    const known = this.rooms.get(name);
    if (known) return known;
    if (name === this.id) throw new ConnectError('taken', 'the room of our own id is for those who call us');
    const { id: self, externalId, secret, signal } = this;
    const room = new Room(name, options, {
      self, externalId, secret, signal,
      make: (join, role, published) => this.add(name, join.id, role, { watch: true }, published, join),
      left: () => this.rooms.delete(name),
    });
    this.rooms.set(name, room);
    return room;
  }

  /** Leaves every peer and the server. */
  close(): void {
    for (const room of [...this.rooms.values()]) room.leave();
    this.audience.close();
    for (const peer of [...this.byRoute.values()]) peer.close();
    this.signal.close();
    this.emit('close', undefined);
  }

  protected override listened(name: string): void {
    if (name !== 'peer-request' || this.listening) return;
    this.listening = true;
    this.signal.claim(`${this.id}:${this.id}`, this.secret);
    this.signal.subscribe(this.id);
  }

  private add(
    room: string, id: string, role: PeerRole, options: PeerOptions, published = this.audience, join?: Join,
  ): Peer {
    const key = `${room}:${id}`;
    // Who joins again has lost the old connection.
    this.byRoute.get(key)?.end(new ConnectError('left', 'the peer connected anew'));
    const { configuration, log } = this.options;
    const route = new Route(this.signal, room, this.id, id);
    const { watch: watches, externalId } = join ?? {};
    const peer = new Peer(this, { route, role, published, watches, externalId, configuration, log }, options);
    this.byRoute.set(key, peer);
    this.byID.set(id, peer);
    peer.addEventListener('close', () => {
      if (this.byRoute.get(key) === peer) this.byRoute.delete(key);
      if (this.byID.get(id) === peer) this.byID.delete(id);
    });
    return peer;
  }

  private receive(namespace: string, message: Message): void {
    const [room = ''] = namespace.split(':');
    if (message.id === this.id) return;
    const entered = this.rooms.get(room);
    if (entered) {
      entered.receive(message);
      return;
    }
    if (message.type === 'join') {
      if (this.listening && room === this.id) this.joined(message);
      return;
    }
    if (message.type === 'leave' && room === this.id) this.requests.delete(message.id);
    this.byRoute.get(`${room}:${message.id}`)?.receive(message);
  }

  private joined(message: Message): void {
    const { id } = message;
    // It asks again every few seconds; the application has been asked already.
    if (this.requests.has(id)) return;
    const route = new Route(this.signal, this.id, this.id, id);
    if (this.requests.size >= maxRequests) {
      route.send('reject', { code: 'busy', message: 'too many requests wait' });
      return;
    }
    const join = readJoin(message);
    const request: PeerConnectionRequest = new PeerConnectionRequest(join, (watch) => {
      this.answered(request);
      const peer = this.add(this.id, id, 'callee', { watch }, this.audience, join);
      peer.start();
      return connected(peer);
    }, (reason) => {
      this.answered(request);
      route.send('reject', { code: 'rejected', message: reason });
    });
    this.requests.set(id, request);
    this.emit('peer-request', request);
  }

  private answered(request: PeerConnectionRequest): void {
    if (this.requests.get(request.id) !== request) throw new ConnectError('left', 'who asked is gone');
    this.requests.delete(request.id);
  }

  private refused(code: string, text: string): void {
    this.emit('error', new ConnectError(code === 'taken' || code === 'denied' || code === 'limit' ? code : 'internal', text));
  }
}

/**
 * Opens a connection to a signalling server. It returns at once, and goes on
 * connecting by itself; awaiting it is harmless.
 */
export function connect(options?: ConnectOptions): Connection {
  return new Connection(options);
}

/** Resolves once a peer is connected; when that fails for good, rejects, and closes it. */
function connected(peer: Peer): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      if (peer.state !== 'connected' && peer.state !== 'failed') return;
      peer.removeEventListener('connection-state-change', settle);
      if (peer.state === 'connected') {
        resolve(peer);
        return;
      }
      reject(peer.error ?? new ConnectError('internal', 'failed'));
      peer.close();
    };
    peer.addEventListener('connection-state-change', settle);
    settle();
  });
}

function ownServer(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

/** A random word. Half of its letters' alphabet is enough: nobody reads it. */
function random(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => (byte & 31).toString(32)).join('');
}
