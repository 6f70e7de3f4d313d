import { ConnectError } from './errors';
import { Emitter } from './events';
import type { Log } from './log';
import { Peer, type PeerOptions } from './peer';
import { Signal } from './signal';

export interface ConnectOptions {
  /** The server's address, such as "wss://desk.example/ws"; by default the page's own. */
  readonly url?: string;
  /** The viewer's id; by default a random one. */
  readonly id?: string;
  /** For RTCPeerConnection: TURN servers and the like. */
  readonly configuration?: RTCConfiguration;
  readonly log?: Log;
}

/** Connection is a viewer's place on a signalling server, and the peers it reaches from there. */
export class Connection extends Emitter<{ close: undefined }> {
  readonly peers = new Map<string, Peer>();
  private self: string;
  private readonly secret = random(22);
  private readonly signal: Signal;

  constructor(private readonly options: ConnectOptions = {}) {
    super();
    this.self = options.id ?? `v${random(12)}`;
    this.signal = new Signal(options.url ?? ownServer(), options.log);
    this.signal.start();
  }

  /** The viewer's id. */
  get id(): string {
    return this.self;
  }

  /** The host of an id, connected to or not. It keeps trying, and tells by its events how that goes. */
  call(host: string, options: PeerOptions = {}): Peer {
    const known = this.peers.get(host);
    if (known) return known;
    const { configuration, log } = this.options;
    const peer = new Peer(host, this.self, this.signal, { configuration, log, ...options });
    this.peers.set(host, peer);
    peer.addEventListener('close', () => {
      this.peers.delete(host);
      this.signal.disclaim(`${host}:${this.self}`);
    });
    this.signal.claim(`${host}:${this.self}`, this.secret);
    peer.start();
    return peer;
  }

  /** Resolves to the host once connected; rejects with a ConnectError when trying again would not help. */
  connect(host: string, options: PeerOptions = {}): Promise<Peer> {
    const peer = this.call(host, options);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (peer.state === 'connected') resolve(peer);
        else if (peer.state === 'failed') reject(peer.error ?? new ConnectError('internal', 'failed'));
        else return;
        peer.removeEventListener('connection-state-change', settle);
      };
      peer.addEventListener('connection-state-change', settle);
      settle();
    });
  }

  /** Leaves every peer and the server. */
  close(): void {
    for (const peer of [...this.peers.values()]) peer.close();
    this.signal.close();
    this.emit('close', undefined);
  }
}

/**
 * Opens a connection to a signalling server. It returns at once, and goes on
 * connecting by itself; awaiting it is harmless.
 */
export function connect(options?: ConnectOptions): Connection {
  return new Connection(options);
}

function ownServer(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

/** A random word. Half of its letters' alphabet is enough: nobody reads it. */
function random(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => (byte & 31).toString(32)).join('');
}
