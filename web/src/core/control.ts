import { Clock } from './clock';
import { Emitter } from './events';
import { asObject, parse, readMessage, type ControlMessages } from './messages';

export interface ControlEvents extends ControlMessages {
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
/** A timer that comes so much too late says more of this page than of the peer. In ms. */
const lateTime = 1000;

/** The longest frame that is read, in UTF-16 units, and how many messages wait for the channel to open. */
const maxFrame = 16 << 10;
const maxWaiting = 1024;
/** Above this many bytes in the queue pings stay unanswered: somebody asks and does not read. */
const maxBuffered = 1 << 20;

/**
 * Control is the data channel `control` of one connection: JSON messages
 * both ways (peer/signal/PROTOCOL.md), and the pings that keep the clock and
 * notice a dead peer long before ICE does. What is sent before the channel
 * opens waits for it, behind the hello.
 */
export class Control extends Emitter<ControlEvents> {
  readonly clock = new Clock();
  private readonly waiting: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pings = 0;
  private unanswered = 0;
  private heard = 0;
  private due = Infinity;
  private worried = false;

  constructor(
    private readonly channel: RTCDataChannel,
    self: { id: string; externalId: string },
    /** Whether other channels of the connection have data that waits for the network. */
    private readonly isBehind: () => boolean,
  ) {
    super();
    channel.addEventListener('message', (event) => this.receive(event.data));
    channel.addEventListener('close', () => clearTimeout(this.timer));
    channel.addEventListener('open', () => this.opened(), { once: true });
    this.send('hello', { version: 2, ...self });
  }

  send<Type extends keyof ControlMessages>(type: Type, message: Partial<ControlMessages[Type]>): void {
    this.put({ type, ...message });
  }

  /** Pings more often while there is reason to doubt that the peer is still there. */
  worry(worried: boolean): void {
    if (worried === this.worried) return;
    this.worried = worried;
    this.unanswered = 0;
    if (this.channel.readyState === 'open') this.ping();
  }

  /** Something else shows that the other side is alive, however late its pongs. */
  hear(): void {
    this.heard = performance.now();
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
    // Pings behind what waits to be sent say nothing.
    if (this.pings === 0 || this.isBehind()) this.heard = now;
    // The pings count as well as the time: a laptop that slept heard nothing
    // for hours, and may find its peer still there.
    // Where the page itself was held up, answers may stand behind this timer.
    const late = now > this.due + lateTime;
    const quiet = now - this.heard > (this.worried ? worriedTime : silentTime);
    if (quiet && !late && this.unanswered >= silentPings) {
      this.emit('silent', undefined);
      return;
    }
    this.put({ type: 'ping', t: now });
    this.pings++;
    this.unanswered++;
    this.due = now + this.interval();
    this.timer = setTimeout(() => this.ping(), this.interval());
  }

  private interval(): number {
    if (this.pings <= firstPings) return firstInterval;
    return this.worried || this.unanswered > 1 ? anxiousInterval : calmInterval;
  }

  private opened(): void {
    for (const frame of this.waiting.splice(0)) this.channel.send(frame);
    this.ping();
  }

  private put(message: object): void {
    const frame = JSON.stringify(message);
    if (this.channel.readyState === 'open') this.channel.send(frame);
    else if (this.channel.readyState === 'connecting' && this.waiting.length < maxWaiting) this.waiting.push(frame);
  }

  private receive(data: unknown): void {
    const received = performance.now();
    const raw = typeof data === 'string' && data.length <= maxFrame ? parse(data) : undefined;
    if (!raw) return;
    const t = raw['t'];
    if (raw['type'] === 'ping') {
      if (typeof t !== 'number' || this.channel.bufferedAmount > maxBuffered) return;
      // The browser tells nobody which RTP timestamps it sends, so rtp is empty.
      this.put({ type: 'pong', t, now: Math.round(performance.now() * 1000), rtp: {} });
    } else if (raw['type'] === 'pong') {
      this.unanswered = 0;
      this.heard = received;
      this.clock.add(Number(t), received, Number(raw['now']), asObject(raw['rtp']));
    } else {
      const read = readMessage(raw);
      if (read) this.emit(read.type, read.message as never);
    }
  }
}
