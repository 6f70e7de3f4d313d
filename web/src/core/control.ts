import { Clock } from './clock';
import { Emitter } from './events';

/** A stream as the host announces it in `hello`. */
export interface StreamInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

export interface Hello {
  readonly version: string;
  readonly id: string;
  readonly level: number;
  readonly streams: readonly StreamInfo[];
}

/** Something at the host stopped, or works again. */
export interface Status {
  readonly subject: string;
  readonly ok: boolean;
  readonly message: string;
}

/** What the host measures of itself, once a second while frames flow. */
export interface HostStats {
  readonly fps: number;
  readonly encodeMs: number;
  readonly bitrate: number;
  readonly target: number;
  readonly viewers: number;
}

export interface ControlEvents {
  hello: Hello;
  level: { readonly level: number };
  size: { readonly stream: string; readonly width: number; readonly height: number };
  status: Status;
  stats: HostStats;
  /** Pings go unanswered: the connection is dead, whatever ICE still believes. */
  silent: undefined;
}

/** Pings at first, to find the clocks' offset; then one every calmInterval. In ms. */
const firstPings = 8;
const firstInterval = 60;
const calmInterval = 3000;
const anxiousInterval = 250;
/** So many pings and ms without an answer mean that nobody is there; less time when there is reason to doubt. */
const silentPings = 4;
const silentTime = 3500;
const worriedTime = 1200;

/**
 * Control is the data channel `control` of one connection: JSON messages
 * both ways (peer/signal/PROTOCOL.md), and the pings that keep the clock and
 * notice a dead host long before ICE does.
 */
export class Control extends Emitter<ControlEvents> {
  readonly clock = new Clock();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pings = 0;
  private unanswered = 0;
  private heard = 0;
  private worried = false;

  constructor(private readonly channel: RTCDataChannel) {
    super();
    channel.addEventListener('message', (event) => this.receive(event.data));
    channel.addEventListener('close', () => clearTimeout(this.timer));
    if (channel.readyState === 'open') this.ping();
    else channel.addEventListener('open', () => this.ping(), { once: true });
  }

  viewport(size: { width: number; height: number; refresh: number }): void {
    this.send({ type: 'viewport', ...size });
  }

  watch(on: boolean): void {
    this.send({ type: 'watch', on });
  }

  keyframe(): void {
    this.send({ type: 'keyframe' });
  }

  /** Pings more often while there is reason to doubt that the host is still there. */
  worry(worried: boolean): void {
    if (worried === this.worried) return;
    this.worried = worried;
    this.unanswered = 0;
    if (this.channel.readyState === 'open') this.ping();
  }

  /** True when the last pings went unanswered. */
  get doubtful(): boolean {
    return this.unanswered >= 2;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private ping(): void {
    clearTimeout(this.timer);
    if (this.channel.readyState !== 'open') return;
    const now = performance.now();
    if (this.pings === 0) this.heard = now;
    // The pings count as well as the time: a laptop that slept heard nothing
    // for hours, and may find its host still there.
    const quiet = now - this.heard > (this.worried ? worriedTime : silentTime);
    if (quiet && this.unanswered >= silentPings) {
      this.emit('silent', undefined);
      return;
    }
    this.send({ type: 'ping', t: now });
    this.pings++;
    this.unanswered++;
    this.timer = setTimeout(() => this.ping(), this.interval());
  }

  private interval(): number {
    if (this.pings <= firstPings) return firstInterval;
    return this.worried || this.unanswered > 1 ? anxiousInterval : calmInterval;
  }

  private send(message: object): void {
    if (this.channel.readyState === 'open') this.channel.send(JSON.stringify(message));
  }

  private receive(data: unknown): void {
    const received = performance.now();
    const message = parse(data);
    switch (message?.['type']) {
      case 'hello':
      case 'level':
      case 'size':
      case 'status':
      case 'stats':
        this.emit(message['type'], message as never);
        break;
      case 'pong':
        this.unanswered = 0;
        this.heard = received;
        this.clock.add(Number(message['t']), received, Number(message['now']), message['rtp'] as never);
    }
  }
}

/** Reads a JSON object; undefined for anything else. */
export function parse(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
