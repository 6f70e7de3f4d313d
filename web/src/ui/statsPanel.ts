import type { StreamReport, WatchedPeer } from '../core/index';
import { button, el } from './dom';
import { Graph } from './graph';

const readEvery = 500;
const drawEvery = 100;

/** StatsPanel shows the connection's numbers over the picture. */
export class StatsPanel {
  readonly element = el('aside', 'stats');
  private readonly graph = new Graph();
  private readonly rows = new Map<string, HTMLElement>();
  private readonly list = el('dl');
  private timers: ReturnType<typeof setInterval>[] = [];

  constructor(private readonly peer: WatchedPeer, private readonly changed: (shown: boolean) => void) {
    this.element.setAttribute('aria-label', 'Statistics');
    const close = button('Close statistics', 'close', () => this.toggle());
    this.element.append(el('header', '', el('strong', '', 'Statistics'), close), this.graph.element, this.list);
    this.element.hidden = true;
  }

  get shown(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    this.timers.splice(0).forEach(clearInterval);
    this.peer.stream.watch(this.shown);
    this.changed(this.shown);
    if (!this.shown) return;
    const read = async (): Promise<void> => this.show(await this.peer.stream.getReport());
    void read();
    this.timers = [
      setInterval(() => void read(), readEvery),
      setInterval(() => this.graph.draw(this.peer.stream.frames.latest()), drawEvery),
    ];
  }

  private show(s: StreamReport): void {
    this.row('Latency', `${ms(s.frameAge)} · 95 % ${ms(s.frameAge95)}`);
    this.row('Round trip', `${ms(s.roundTrip)} · now ${ms(s.lastRoundTrip)}`);
    this.row('Picture', [s.width > 0 ? `${s.width}×${s.height}` : '', s.codec].filter(Boolean).join(' · ') || '–');
    this.row('Frame rate', Number.isFinite(s.fps) ? `${s.fps.toFixed(0)} /s` : '–');
    this.row('Bit rate', `${rate(s.videoBitrate)} · exact ${rate(s.patchBitrate)} · sound ${rate(s.audioBitrate)}`);
    this.row('Decoding', `${ms(s.decodeTime)} · held ${ms(s.buffered)}`);
    this.row('Dropped', `${count(s.framesDropped)} frames · ${count(s.packetsLost)} packets`);
    this.row('Path', s.path || '–');
    this.row('Host', s.host ? `${s.host.fps.toFixed(0)} /s · encodes in ${ms(s.host.encodeMs)}` : '–');
    this.row('Target', s.host ? `${rate(s.host.target)} · ${s.host.viewers} watching` : '–');
  }

  private row(name: string, text: string): void {
    let value = this.rows.get(name);
    if (!value) {
      value = el('dd');
      this.rows.set(name, value);
      this.list.append(el('dt', '', name), value);
    }
    value.textContent = text;
  }
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : '–';
}

function count(value: number): string {
  return Number.isFinite(value) ? String(value) : '–';
}

function rate(bits: number): string {
  if (!Number.isFinite(bits)) return '–';
  return bits < 1e6 ? `${(bits / 1e3).toFixed(0)} kb/s` : `${(bits / 1e6).toFixed(1)} Mb/s`;
}
