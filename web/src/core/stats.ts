import type { Clock } from './clock';
import { quantile, type Frames } from './frames';
import type { ControlMessages } from './messages';

/** What the host measures of a stream, once a second while frames flow. */
export type HostStats = ControlMessages['stats'];

/**
 * What is known of a stream at a moment. Times are milliseconds, rates
 * bits per second over about the last second; NaN is not known.
 */
export interface StreamReport {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly videoBitrate: number;
  readonly audioBitrate: number;
  /** Of the exact pixels that are drawn over the video. */
  readonly patchBitrate: number;
  /** Of a message there and back: the shortest of the last minute, and the last. */
  readonly roundTrip: number;
  readonly lastRoundTrip: number;
  /** Mean time to decode a frame. */
  readonly decodeTime: number;
  /** From capture at the host until handed to the screen: median and 95th percentile. */
  readonly frameAge: number;
  readonly frameAge95: number;
  /** Of the arriving packets, and what the browser holds frames back for it. */
  readonly jitter: number;
  readonly buffered: number;
  /** Counts since the connection began. */
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly keyframes: number;
  readonly freezes: number;
  /** How the packets travel: host, srflx, prflx or relay, and udp or tcp. */
  readonly path: string;
  /** Events sent to the host since the stream began. */
  readonly inputEvents: number;
  /** The host's own numbers; undefined until it sent some. */
  readonly host: HostStats | undefined;
}

/** The numbers of a second, with the names that Rainway gave them. */
export interface StatsSummary {
  /** How long the numbers were taken over. */
  readonly seconds: number;
  /** Half a round trip. */
  readonly latencyMs: number;
  /** What the host aims at. */
  readonly videoBitrateKbps: number;
  readonly videoThroughputKbps: number;
  readonly audioThroughputKbps: number;
  readonly inputEvents: number;
  readonly cursorEvents: number;
}

/** Where statistics come from. */
export interface StatsSource {
  readonly pc: RTCPeerConnection | undefined;
  readonly clock: Clock | undefined;
  readonly host: HostStats | undefined;
  readonly inputEvents: number;
  /** The bytes of patches that came. */
  readonly patchBytes: number;
  /** The track of a kind that is playing: several streams may come over one connection. */
  track(kind: 'video' | 'audio'): MediaStreamTrack | undefined;
}

/** What getStats tells of the members that are used; all may be missing. */
type Report = Record<string, number | string | undefined>;

interface Snapshot {
  readonly at: number;
  readonly video: Report;
  readonly audio: Report;
  readonly patchBytes: number;
}

/** Rates are taken over at least this long, in ms. */
const window = 900;

/** StatsReader turns getStats and the frames shown into a StreamReport. */
export class StatsReader {
  private history: Snapshot[] = [];
  private pc: RTCPeerConnection | undefined;

  constructor(
    private readonly source: StatsSource,
    private readonly frames: Frames,
  ) {}

  async read(): Promise<StreamReport> {
    const { pc, clock, host, inputEvents, patchBytes } = this.source;
    if (pc !== this.pc) this.history = [];
    this.pc = pc;
    const reports = pc ? [...(await pc.getStats()).values()] as Report[] : [];
    const inbound = (kind: 'video' | 'audio'): Report =>
      reports.find((r) => r['type'] === 'inbound-rtp' && r['trackIdentifier'] === this.source.track(kind)?.id) ?? {};
    const now: Snapshot = { at: performance.now(), video: inbound('video'), audio: inbound('audio'), patchBytes };
    const { video } = now;
    const before = this.since(now);
    const rate = (kind: 'video' | 'audio', name: string): number =>
      ((number(now[kind], name) - number(before[kind], name)) * 1000) / (now.at - before.at);
    const mean = (total: string, count: string): number =>
      (1000 * (number(video, total) - number(before.video, total))) / (number(video, count) - number(before.video, count));
    const ages = this.frames.latest().filter((f) => now.at - f.at < 2000).map((f) => f.age);
    return {
      codec: codecName(reports, video),
      width: number(video, 'frameWidth'),
      height: number(video, 'frameHeight'),
      fps: rate('video', 'framesDecoded'),
      videoBitrate: 8 * rate('video', 'bytesReceived'),
      audioBitrate: 8 * rate('audio', 'bytesReceived'),
      patchBitrate: (8000 * (patchBytes - before.patchBytes)) / (now.at - before.at),
      roundTrip: clock?.roundTrip ?? NaN,
      lastRoundTrip: clock?.lastRoundTrip ?? NaN,
      decodeTime: mean('totalDecodeTime', 'framesDecoded'),
      frameAge: quantile(ages, 0.5),
      frameAge95: quantile(ages, 0.95),
      jitter: 1000 * number(video, 'jitter'),
      buffered: mean('jitterBufferDelay', 'jitterBufferEmittedCount'),
      framesDecoded: number(video, 'framesDecoded'),
      framesDropped: number(video, 'framesDropped'),
      packetsLost: number(video, 'packetsLost'),
      keyframes: number(video, 'keyFramesDecoded'),
      freezes: number(video, 'freezeCount'),
      path: pathOf(reports),
      inputEvents,
      host,
    };
  }

  /** Adds a snapshot and returns an earlier one, about a second old where there is one. */
  private since(now: Snapshot): Snapshot {
    while (this.history.length > 1 && now.at - (this.history[1]?.at ?? 0) > window) this.history.shift();
    const before = this.history[0] ?? { at: NaN, video: {}, audio: {}, patchBytes: NaN };
    this.history.push(now);
    return before;
  }
}

function number(report: Report, name: string): number {
  const value = report[name];
  return typeof value === 'number' ? value : NaN;
}

/** "H264 42e01f": the codec, and the profile where it says one. */
function codecName(reports: Report[], inbound: Report): string {
  const codec = reports.find((r) => r['type'] === 'codec' && r['id'] === inbound['codecId']);
  const name = String(codec?.['mimeType'] ?? '').replace(/^video\//, '');
  const profile = /profile-level-id=(\w+)/.exec(String(codec?.['sdpFmtpLine'] ?? ''))?.[1];
  return profile ? `${name} ${profile}` : name;
}

function pathOf(reports: Report[]): string {
  const find = (id: unknown): Report | undefined => reports.find((r) => r['id'] === id);
  const transport = reports.find((r) => r['type'] === 'transport');
  const pair = find(transport?.['selectedCandidatePairId']);
  const local = find(pair?.['localCandidateId']);
  return local ? `${local['candidateType']} ${local['protocol']}` : '';
}
