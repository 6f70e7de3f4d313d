import { Backoff } from './backoff';
import { Emitter } from './events';
import { silent, type Log } from './log';
import { asObject } from './messages';

/** A message between peers: peer/signal/PROTOCOL.md. */
export interface Message {
  readonly type: string;
  readonly id: string;
  readonly data?: unknown;
  readonly metadata?: unknown;
}

export interface SignalEvents {
  open: undefined;
  /** The connection is lost; the next attempt is at `retryAt` on performance.now()'s clock. */
  lost: { readonly retryAt: number };
  message: { readonly namespace: string; readonly message: Message };
  /** A frame of ours about a namespace was refused; "" is none. */
  refused: { readonly code: string; readonly text: string; readonly namespace: string };
  /** Another connection took our claims over. This one does not come back. */
  taken: undefined;
}

/** The WebSocket's code when another connection claims what this one had. */
const takenOver = 4001;
const openTimeout = 5000;
const pingInterval = 10_000;
/** How long a ping's answer may take when the connection is in doubt. */
const answerTime = 2500;
/** After so many failures in a row a plain request asks first whether anybody is there. */
const failuresBeforeProbe = 4;

/**
 * Signal is the WebSocket to a server, in Peerix framing. It opens itself
 * again whenever it is lost, and claims its namespaces anew.
 */
export class Signal extends Emitter<SignalEvents> {
  private socket: WebSocket | undefined;
  /** Namespaces subscribed to, with the secret of those that are claimed. */
  private readonly claims = new Map<string, string | undefined>();
  private readonly backoff = new Backoff();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heard = 0;
  private closed = true;
  private attempt = 0;

  constructor(
    private readonly url: string,
    private readonly log: Log = silent,
  ) {
    super();
  }

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Starts connecting, and goes on until close. */
  start(): void {
    if (!this.closed) return;
    this.closed = false;
    addEventListener('online', this.retry);
    this.dial();
  }

  close(): void {
    this.closed = true;
    removeEventListener('online', this.retry);
    clearTimeout(this.timer);
    this.drop();
  }

  /** Tries now instead of at the end of the wait. */
  readonly retry = (): void => {
    if (this.closed || this.open || this.socket) return;
    this.backoff.reset();
    this.dial();
  };

  /** Makes sure that the connection still works, and opens another if not: a dead network says nothing. */
  check(): void {
    const socket = this.socket;
    if (!this.open || !socket) return;
    const asked = performance.now();
    socket.send('ping');
    setTimeout(() => this.heard < asked && this.fail(socket, 'silent'), answerTime);
  }

  /** Claims a direct namespace, now and after every reconnection. */
  claim(namespace: string, secret: string): void {
    this.claims.set(namespace, secret);
    if (this.open) this.put(['>', namespace, secret]);
  }

  /** Subscribes to a room, now and after every reconnection. */
  subscribe(room: string): void {
    this.claims.set(room, undefined);
    if (this.open) this.put(['>', room]);
  }

  /** Ends a claim or a subscription. */
  unsubscribe(namespace: string): void {
    if (this.claims.delete(namespace) && this.open) this.put(['<', namespace]);
  }

  /** Publishes a message. Returns false, and drops it, while not connected. */
  publish(namespace: string, message: Message): boolean {
    if (!this.open) return false;
    this.put([namespace, message]);
    return true;
  }

  private put(frame: unknown): void {
    this.socket?.send(JSON.stringify(frame));
  }

  private dial(): void {
    clearTimeout(this.timer);
    const attempt = ++this.attempt;
    if (this.backoff.failures < failuresBeforeProbe) {
      this.openSocket();
      return;
    }
    // Chromium makes a page wait ever longer for WebSockets after they
    // failed often, up to five seconds each. Plain requests it refuses at
    // once, so they find out when the host is back.
    this.probe().then((there) => {
      if (this.closed || attempt !== this.attempt) return;
      if (there || this.backoff.failures % 8 === 0) this.openSocket();
      else this.lost();
    });
  }

  private async probe(): Promise<boolean> {
    const url = new URL('/healthz', this.url.replace(/^ws/, 'http'));
    try {
      const signal = AbortSignal.timeout(openTimeout);
      await fetch(url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal });
      return true;
    } catch {
      return false;
    }
  }

  private openSocket(): void {
    this.drop();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.timer = setTimeout(() => this.fail(socket, 'timed out'), openTimeout);
    socket.addEventListener('open', () => {
      clearTimeout(this.timer);
      this.backoff.reset();
      this.log('info', 'signalling connected');
      for (const [namespace, secret] of this.claims) this.put(secret === undefined ? ['>', namespace] : ['>', namespace, secret]);
      this.heard = performance.now();
      this.keepAlive(socket);
      this.emit('open', undefined);
    });
    socket.addEventListener('message', (event) => this.receive(event.data));
    socket.addEventListener('close', ({ code }) => {
      if (code === takenOver && socket === this.socket) {
        this.close();
        this.emit('taken', undefined);
      }
      this.fail(socket, `closed with ${code}`);
    });
  }

  private fail(socket: WebSocket, reason: string): void {
    if (socket !== this.socket) return;
    this.log('info', 'signalling lost', reason);
    this.drop();
    this.lost();
  }

  private lost(): void {
    if (this.closed) return;
    const wait = this.backoff.next();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.dial(), wait);
    this.emit('lost', { retryAt: performance.now() + wait });
  }

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  /** Pings, and gives up a socket whose other end fell silent without a word. */
  private keepAlive(socket: WebSocket): void {
    this.timer = setTimeout(() => {
      if (socket !== this.socket) return;
      if (performance.now() - this.heard > 2.5 * pingInterval) {
        this.fail(socket, 'silent');
        return;
      }
      socket.send('ping');
      this.keepAlive(socket);
    }, pingInterval);
  }

  private receive(data: unknown): void {
    this.heard = performance.now();
    if (data === 'pong' || typeof data !== 'string') return;
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      this.log('warn', 'signalling frame is not JSON');
      return;
    }
    if (!Array.isArray(frame) || typeof frame[0] !== 'string') return;
    if (frame[0] === '!') {
      this.emit('refused', { code: String(frame[1]), text: String(frame[2] ?? ''), namespace: String(frame[3] ?? '') });
      return;
    }
    const message = asObject(frame[1]);
    const { type, id, data: content, metadata } = message ?? {};
    if (typeof type !== 'string' || typeof id !== 'string') return;
    this.emit('message', { namespace: frame[0], message: { type, id, data: content, metadata } });
  }
}
