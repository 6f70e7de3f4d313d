import type { ControlMessages } from './messages';

type Numbers = Omit<ControlMessages['stats'], 'stream' | 'viewers'>;

/** What getStats tells of outgoing video, as far as it is used. */
interface Outbound {
  readonly type: string;
  readonly framesPerSecond?: number;
  readonly framesEncoded?: number;
  readonly totalEncodeTime?: number;
  readonly bytesSent?: number;
  readonly targetBitrate?: number;
}

/** SenderStats reads once a second what the browser measures of a track it sends, while somebody wants to know. */
export class SenderStats {
  private timer: ReturnType<typeof setInterval> | undefined;
  private last: { at: number; report: Outbound } | undefined;

  constructor(
    private readonly sender: RTCRtpSender | undefined,
    private readonly tell: (numbers: Numbers) => void,
  ) {}

  watch(on: boolean): void {
    clearInterval(this.timer);
    this.timer = on && this.sender ? setInterval(() => void this.read(), 1000) : undefined;
  }

  private async read(): Promise<void> {
    const all = [...((await this.sender?.getStats()) ?? new Map<string, Outbound>()).values()] as Outbound[];
    const report = all.find(({ type }) => type === 'outbound-rtp');
    const { last } = this;
    if (!report || this.timer === undefined) return;
    this.last = { at: performance.now(), report };
    if (!last) return;
    const since = (name: 'framesEncoded' | 'totalEncodeTime' | 'bytesSent'): number => (report[name] ?? 0) - (last.report[name] ?? 0);
    this.tell({
      fps: report.framesPerSecond ?? 0,
      encodeMs: (1000 * since('totalEncodeTime')) / Math.max(since('framesEncoded'), 1),
      bitrate: (8000 * since('bytesSent')) / (this.last.at - last.at),
      target: report.targetBitrate ?? 0,
    });
  }
}
