import { Cursor } from './cursor';
import { Emitter } from './events';
import { Frames } from './frames';
import { Devices } from './input/devices';
import { contentBox, type Box, type Size, type StreamFit } from './input/geometry';
import type { InputLevel } from './input/level';
import { send, type OutgoingInput } from './input/outgoing';
import { InputSender } from './input/sender';
import type { Link } from './link';
import type { StreamInfo } from './messages';
import { Overlay } from './overlay';
import { Patches } from './patches';
import type { Peer } from './peer';
import { Player, type SoundState } from './player';
import { offersSurround } from './sound';
import { SizeFollower, type Shape } from './shape';
import { StatsReader, type HostStats, type StatsSummary, type StreamReport } from './stats';
import { ViewportWatch, type Viewport } from './viewport';
import { decode } from './wire';

/** An input that a device of the viewer's made, before it is sent. */
export interface BeforeInputEvent {
  readonly input: OutgoingInput;
  readonly heldKeys: HeldKeys;
  /** Keeps it from being sent. */
  preventDefault(): void;
}

/** Which keys are down, by KeyboardEvent.code. */
export interface HeldKeys {
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly win: boolean;
  readonly keys: readonly string[];
  has(code: string): boolean;
}

export interface StreamEvents {
  /** The first frame of a connection is on the screen. */
  picture: undefined;
  /** The picture changed its size. */
  size: Size;
  /** Another monitor is shown, or the choice has changed. */
  shape: Shape;
  /** Sound was asked for and is on, off, or held back by the browser until a gesture. */
  sound: SoundState;
  /** The host changed what this viewer may do. */
  'permissions-change': InputLevel;
  'before-input': BeforeInputEvent;
  /** Another name of before-input. */
  beforeinput: BeforeInputEvent;
  /** Once a second, while somebody listens and the stream plays. */
  stats: StatsSummary;
  /** It is over. */
  close: undefined;
}

export interface FullscreenOptions {
  /** Lock the pointer to the picture as well. */
  readonly lockPointer?: boolean;
  /** Take keys the browser and system would keep, such as Escape. */
  readonly lockKeyboard?: boolean;
}

/** What a viewer wants of a stream. */
export interface StreamOptions {
  /** What it would like to do. The default is InputLevel.All. */
  readonly permissions?: InputLevel;
  readonly streamFit?: StreamFit;
  /** Whether the host sends its own numbers, for stats and reports. */
  readonly metrics?: boolean;
}

/**
 * InboundStream is a host's desktop in an element: append `container` to the
 * page, and it plays itself. It outlives connections: after a loss the next
 * connection's tracks take the place of the old.
 */
export class InboundStream extends Emitter<StreamEvents> {
  readonly cursor: Cursor;
  readonly devices: Devices;
  readonly frames: Frames;
  private readonly player: Player;
  private readonly sender = new InputSender();
  private readonly reader: StatsReader;
  private readonly overlay: Overlay;
  private readonly viewing: ViewportWatch;
  private readonly watchSize: ResizeObserver;
  private readonly follower: SizeFollower;
  private streamShape: Shape = { monitors: [], monitor: '', resizable: false };
  private streamInfo: StreamInfo | undefined;
  private number = 0;
  private link: Link | undefined;
  private viewport: Viewport | undefined;
  /** The desktop's size in its own pixels, which the picture may be a smaller one of. */
  private desktop: Size | undefined;
  private hostStats: HostStats | undefined;
  private metrics: boolean;
  private over = false;
  private summing: ReturnType<typeof setInterval> | undefined;

  /** Made by Watching, which calls the methods that say so, and is told by `left` when the viewer closes it. */
  constructor(readonly peer: Peer, { streamFit = 'contain', metrics = false }: StreamOptions, private readonly left: () => void) {
    super();
    this.player = new Player(peer.connection.sound);
    this.fullscreenTarget = this.container;
    const { player, sender } = this;
    this.metrics = metrics;
    this.streamFit = streamFit;
    const surface = {
      content: (): Box => contentBox(this.video.getBoundingClientRect(), player.size, player.fit),
      picture: (): Size => (player.size.width > 0 && this.desktop ? this.desktop : player.size),
    };
    this.cursor = new Cursor(this.container, surface);
    this.devices = new Devices(this.container, surface, sender, this.cursor);
    this.frames = new Frames(this.video, (timestamp, at) => this.link?.control.clock.age(`${this.number}/video`, timestamp, at) ?? NaN);
    this.overlay = new Overlay(this.container, () => this.getReport());
    const stream = this;
    this.reader = new StatsReader({
      get pc() { return stream.link?.session.pc; },
      get clock() { return stream.link?.control.clock; },
      get host() { return stream.hostStats; },
      get inputEvents() { return stream.sender.sent; },
      get patchBytes() { return player.patches.received; },
      track: (kind) => ((kind === 'video' ? this.video : this.audio).srcObject as MediaStream | null)?.getTracks()[0],
    }, this.frames);
    player.on('picture', () => this.emit('picture', undefined));
    player.on('sound', (sound) => this.emit('sound', sound));
    player.on('size', (size) => {
      this.cursor.draw();
      this.emit('size', size);
    });
    this.watchSize = new ResizeObserver(() => this.cursor.draw());
    this.watchSize.observe(this.container);
    this.viewing = new ViewportWatch(this.container, () => this.shown(), (viewport) => {
      this.viewport = viewport;
      this.tellViewport();
    });
    this.follower = new SizeFollower(this.container, (size) => this.link?.control.send('fit', { stream: this.number, ...size }));
    this.devices.attach();
  }

  /** The publisher's number for it; 0 before it is known. */
  get id(): number {
    return this.number;
  }

  /** What the publisher says of it; undefined before it did. */
  get info(): StreamInfo | undefined {
    return this.streamInfo;
  }

  /** What goes into the page. */
  get container(): HTMLElement {
    return this.player.container;
  }

  get video(): HTMLVideoElement {
    return this.player.video;
  }

  get audio(): HTMLAudioElement {
    return this.player.audio;
  }

  /** What plays the sound, for nodes that shall listen to it, where no `<audio>` does. */
  get audioNode(): AudioNode | undefined {
    return this.player.speaker?.node;
  }

  /** What this viewer may do: bits of InputLevel. The host may change it at any time. */
  get permissions(): InputLevel {
    return this.sender.level;
  }

  get streamFit(): StreamFit {
    return this.player.fit;
  }

  set streamFit(fit: StreamFit) {
    this.player.fit = fit;
    // Absent while it is being made.
    this.cursor?.draw();
    this.viewing?.tell();
  }

  /** What is shown of the host's display, and what can be. */
  get shape(): Shape {
    return this.streamShape;
  }

  /** Asks the host to show a monitor to all viewers, by name; "" for all monitors. */
  showMonitor(name: string): void {
    this.link?.control.send('monitor', { stream: this.number, name });
  }

  /** Whether the host's display shall have the size of the container, in device pixels, and follow it. */
  get followsSize(): boolean {
    return this.follower.on;
  }

  set followsSize(on: boolean) {
    this.follower.on = on;
  }

  /** True when it is over, for whatever reason. */
  get ended(): boolean {
    return this.over;
  }

  /** True from the first frame of a connection until its loss. */
  get hasPicture(): boolean {
    return this.player.hasPicture;
  }

  get sound(): SoundState {
    return this.player.sound;
  }

  /** True while input can be sent, as far as the permissions go. */
  get inputOpen(): boolean {
    return this.sender.open;
  }

  /** Continues after pause. */
  play(): Promise<void> {
    return this.player.play();
  }

  /** Holds picture and sound; the connection stays. */
  pause(): void {
    this.player.pause();
  }

  /** Turns the sound on, or tries again after the browser held it back: call it from a gesture. */
  resumeAudio(): Promise<void> {
    return this.player.resumeAudio();
  }

  muteAudio(): void {
    this.player.muteAudio();
  }

  /** Shows the container in full screen. Must be called from a gesture. */
  async requestFullscreen({ lockPointer = false, lockKeyboard = true }: FullscreenOptions = {}): Promise<void> {
    await this.fullscreenTarget.requestFullscreen({ navigationUI: 'hide' });
    if (lockKeyboard) await navigator.keyboard?.lock().catch(() => {});
    if (lockPointer) await this.devices.lockPointer();
    this.devices.focus();
  }

  /** What goes full screen: an element around the container keeps a page's controls in sight. */
  fullscreenTarget: Element;

  /**
   * Sends an input as if a device had made it, past before-input. What the
   * permissions forbid is dropped; what the wire does not carry throws
   * `unsupported`.
   */
  sendInput(input: OutgoingInput): void {
    this.sender.unfiltered(() => send(this.sender, input));
  }

  /** Lets touches act as a mouse: a tap clicks, two fingers scroll. It is so from the beginning. */
  enableGestures(): void {
    this.devices.gestures = true;
  }

  disableGestures(): void {
    this.devices.gestures = false;
    this.devices.release();
  }

  /** Shows the most important numbers over the picture. */
  enableVideoStatsOverlay(): void {
    this.overlay.show(true);
  }

  disableVideoStatsOverlay(): void {
    this.overlay.show(false);
  }

  /** Asks for the host's own numbers once a second, or no more. */
  watch(on: boolean): void {
    this.metrics = on;
    this.link?.control.send('watch', { stream: this.number, on });
  }

  getReport(): Promise<StreamReport> {
    return this.reader.read();
  }

  /** Leaves the stream. */
  close(): void {
    if (this.over) return;
    this.left();
    this.finish();
  }

  protected override listened(name: string): void {
    if (name === 'before-input' || name === 'beforeinput') this.sender.filter ??= (input) => this.ask(input);
    if (name !== 'stats' || this.summing !== undefined || this.over) return;
    if (!this.metrics) this.watch(true);
    this.summing = setInterval(() => this.link && void this.summarize(), 1000);
  }

  /** A connection's stream of this number is this one. Called by Watching. @internal */
  bind(link: Link, number: number): void {
    this.link = link;
    this.number = number;
  }

  /** The host lets this viewer watch. Called by Watching. @internal */
  accept(info: StreamInfo, level: InputLevel, input: RTCDataChannel | undefined, motion: RTCDataChannel | undefined): void {
    this.streamInfo = info;
    for (const channel of [input, motion]) {
      channel?.addEventListener('message', ({ data }) => {
        const message = data instanceof ArrayBuffer ? decode(data) : undefined;
        if (message) this.cursor.receive(message);
      });
    }
    this.sender.connect(input, motion);
    this.askPatches();
    this.permit(level);
    const picture = info.tracks.find((t) => t.kind === 'video' && t.width > 0 && t.height > 0);
    if (picture) this.resized(picture);
    this.tellViewport();
    this.follower.again();
    if (this.metrics) this.watch(true);
  }

  /** Takes a connection's track. Called by Watching. @internal */
  attach(track: MediaStreamTrack, receiver: RTCRtpReceiver): void {
    this.player.attach(track, receiver, offersSurround(this.link?.session.pc.remoteDescription?.sdp ?? ''));
  }

  /** Takes what the host permits. Called by Watching. @internal */
  permit(level: InputLevel): void {
    if (level === this.sender.level) return;
    if ((this.sender.level & ~level) !== 0) this.devices.release();
    this.sender.level = level;
    this.emit('permissions-change', level);
  }

  /** Takes the desktop's size. Called by Watching. @internal */
  resized({ width, height }: Size): void {
    if (!(width > 0 && height > 0)) return;
    this.desktop = { width, height };
    this.cursor.draw();
    this.viewing.tell();
  }

  /** Takes what is shown and can be. Called by Watching. @internal */
  shaped({ monitors, monitor, resizable }: Shape): void {
    this.streamShape = { monitors, monitor, resizable };
    this.emit('shape', this.streamShape);
  }

  /** Takes the host's numbers. Called by Watching. @internal */
  measured(stats: HostStats): void {
    this.hostStats = stats;
  }

  /** The connection is about to close; the last picture stays. Called by Watching. @internal */
  detach(): void {
    this.link = undefined;
    this.hostStats = undefined;
    this.player.detach();
    this.devices.keyboard.forget();
    this.sender.connect(undefined, undefined);
    this.player.patches.connect(undefined);
    this.cursor.reset();
  }

  /** It is over. Called by Watching. @internal */
  finish(): void {
    if (this.over) return;
    this.over = true;
    clearInterval(this.summing);
    this.overlay.show(false);
    this.devices.detach();
    this.detach();
    this.frames.stop();
    this.viewing.stop();
    this.watchSize.disconnect();
    this.follower.stop();
    this.player.close();
    this.emit('close', undefined);
  }

  /** The size that the picture is shown in, in CSS pixels. */
  private shown(): Size {
    const box = this.container.getBoundingClientRect();
    return this.desktop ? contentBox(box, this.desktop, this.player.fit) : box;
  }

  /** Asks for exact pixels beside the video. A host that knows of none does nothing. */
  private askPatches(): void {
    const { link } = this;
    const channel = Patches.supported ? link?.channels.makePatches() : undefined;
    this.player.patches.connect(channel);
    if (channel) link?.control.send('patches', { stream: this.number, channel: channel.id! });
  }

  private tellViewport(): void {
    if (this.viewport) this.link?.control.send('viewport', { stream: this.number, ...this.viewport });
  }

  private ask(input: OutgoingInput): boolean {
    let passes = true;
    const event = { input, heldKeys: heldKeys(this.sender.heldKeys), preventDefault: (): void => { passes = false; } };
    this.emit('before-input', event);
    this.emit('beforeinput', event);
    return passes;
  }

  private last = { at: performance.now(), input: 0, cursor: 0 };

  private async summarize(): Promise<void> {
    const report = await this.getReport();
    const now = { at: performance.now(), input: this.sender.sent, cursor: this.cursor.received };
    const { last } = this;
    this.last = now;
    this.emit('stats', {
      seconds: (now.at - last.at) / 1000,
      latencyMs: report.roundTrip / 2,
      videoBitrateKbps: (report.host?.target ?? NaN) / 1000,
      videoThroughputKbps: report.videoBitrate / 1000,
      audioThroughputKbps: report.audioBitrate / 1000,
      inputEvents: now.input - last.input,
      cursorEvents: now.cursor - last.cursor,
    });
  }
}

function heldKeys(keys: readonly string[]): HeldKeys {
  const either = (name: string): boolean => keys.includes(`${name}Left`) || keys.includes(`${name}Right`);
  return {
    ctrl: either('Control'), shift: either('Shift'), alt: either('Alt'), win: either('Meta'), keys, has: (code) => keys.includes(code),
  };
}
