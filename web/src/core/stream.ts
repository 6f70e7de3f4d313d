import { Cursor } from './cursor';
import { Emitter } from './events';
import { Frames } from './frames';
import type { Box, Size } from './input/geometry';
import { Devices } from './input/devices';
import type { InputSender } from './input/sender';
import { decode } from './wire';

export interface StreamEvents {
  /** The first frame of a connection is on the screen. */
  picture: undefined;
  /** The picture changed its size. */
  size: Size;
  /** Sound was asked for and is on, off, or held back by the browser until a gesture. */
  sound: SoundState;
  /** The host changed what this viewer may do. */
  'permissions-change': number;
}

export type SoundState = 'on' | 'off' | 'blocked';

export interface FullscreenOptions {
  /** Lock the pointer to the picture as well. */
  readonly lockPointer?: boolean;
  /** Take keys the browser and system would keep, such as Escape. */
  readonly lockKeyboard?: boolean;
}

/**
 * InboundStream is a host's desktop in an element: append `container` to the
 * page, and it plays itself. It outlives connections: after a loss the next
 * connection's tracks take the place of the old.
 *
 * Picture and sound play apart, in a `<video>` and an `<audio>`: one element
 * would hold frames back until their sound is due.
 */
export class InboundStream extends Emitter<StreamEvents> {
  readonly container = document.createElement('div');
  readonly video = document.createElement('video');
  readonly audio = document.createElement('audio');
  readonly devices: Devices;
  readonly cursor: Cursor;
  readonly frames: Frames;
  private soundState: SoundState = 'off';
  private wantsSound = true;
  private pictured = false;
  private readonly watchSize: ResizeObserver;

  constructor(private readonly sender: InputSender, clock: ConstructorParameters<typeof Frames>[1]) {
    super();
    this.build();
    const surface = {
      box: (): Box => this.video.getBoundingClientRect(),
      picture: (): Size => ({ width: this.video.videoWidth, height: this.video.videoHeight }),
    };
    this.cursor = new Cursor(this.container, surface);
    this.devices = new Devices(this.container, surface, sender, this.cursor);
    this.frames = new Frames(this.video, clock);
    this.video.addEventListener('loadeddata', () => this.shown());
    this.video.addEventListener('resize', () => {
      this.cursor.draw();
      this.emit('size', surface.picture());
    });
    this.watchSize = new ResizeObserver(() => this.cursor.draw());
    this.watchSize.observe(this.container);
    // Browsers that hold sound back give it free with the first gesture.
    for (const name of ['pointerup', 'keydown']) {
      this.container.addEventListener(name, () => this.soundState === 'blocked' && void this.resumeAudio(), true);
    }
  }

  /** What this viewer may do: bits of Level. */
  get permissions(): number {
    return this.sender.level;
  }

  /** True from the first frame of a connection until its loss. */
  get hasPicture(): boolean {
    return this.pictured;
  }

  get sound(): SoundState {
    return this.soundState;
  }

  /** Continues after pause. */
  async play(): Promise<void> {
    await this.video.play();
    if (this.wantsSound) await this.resumeAudio();
  }

  /** Holds picture and sound; the connection stays. */
  pause(): void {
    this.video.pause();
    this.audio.pause();
  }

  /** Turns the sound on, or tries again after the browser held it back: call it from a gesture. */
  async resumeAudio(): Promise<void> {
    this.wantsSound = true;
    if (!this.audio.srcObject) return;
    try {
      await this.audio.play();
      this.setSound('on');
    } catch (error) {
      // A play that a newer source interrupts will be played by that.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.setSound('blocked');
    }
  }

  muteAudio(): void {
    this.wantsSound = false;
    this.audio.pause();
    this.setSound('off');
  }

  /** Shows the container in full screen. Must be called from a gesture. */
  async requestFullscreen({ lockPointer = false, lockKeyboard = true }: FullscreenOptions = {}): Promise<void> {
    await this.fullscreenTarget.requestFullscreen({ navigationUI: 'hide' });
    if (lockKeyboard) await navigator.keyboard?.lock().catch(() => {});
    if (lockPointer) await this.devices.lockPointer();
    this.devices.focus();
  }

  /** What goes full screen: an element around the container keeps a page's controls in sight. */
  fullscreenTarget: Element = this.container;

  /** Takes a connection's track. Called by Peer. */
  attach(track: MediaStreamTrack, receiver: RTCRtpReceiver): void {
    if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    if (track.kind === 'video') {
      this.pictured = false;
      this.video.srcObject = new MediaStream([track]);
      void this.video.play().catch(() => {});
    } else {
      this.audio.srcObject = new MediaStream([track]);
      if (this.wantsSound) void this.resumeAudio();
    }
  }

  /** Takes a connection's input channels. Called by Peer. */
  connectInput(input: RTCDataChannel | undefined, motion: RTCDataChannel | undefined): void {
    for (const channel of [input, motion]) {
      if (!channel || channel.onmessage) continue;
      channel.binaryType = 'arraybuffer';
      channel.onmessage = ({ data }) => {
        const message = data instanceof ArrayBuffer ? decode(data) : undefined;
        if (message) this.cursor.receive(message);
      };
    }
    this.sender.connect(input, motion);
  }

  /** Takes what the host permits. Called by Peer. */
  permit(level: number): void {
    if (level === this.sender.level) return;
    if ((this.sender.level & ~level) !== 0) this.devices.release();
    this.sender.level = level;
    this.emit('permissions-change', level);
  }

  /** The connection is about to close; the last picture stays. Called by Peer. */
  detach(): void {
    this.pictured = false;
    // A video whose track ends turns black, but not when it is paused.
    this.video.pause();
    this.devices.keyboard.forget();
    this.sender.connect(undefined, undefined);
    this.cursor.reset();
  }

  /** Ends the stream for good. */
  close(): void {
    this.devices.detach();
    this.detach();
    this.frames.stop();
    this.watchSize.disconnect();
    this.video.srcObject = null;
    this.audio.srcObject = null;
    this.container.remove();
  }

  private build(): void {
    const { container, video, audio } = this;
    container.className = 'causeway';
    Object.assign(container.style, {
      position: 'relative', width: '100%', height: '100%', overflow: 'hidden', touchAction: 'none', userSelect: 'none',
    });
    // The video has no sound of its own, so it may always play by itself.
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
    video.setAttribute('aria-label', 'Remote desktop');
    Object.assign(video.style, { display: 'block', width: '100%', height: '100%', objectFit: 'contain' });
    container.append(video, audio);
  }

  private shown(): void {
    if (this.pictured) return;
    this.pictured = true;
    this.emit('picture', undefined);
  }

  private setSound(state: SoundState): void {
    if (state === this.soundState) return;
    this.soundState = state;
    this.emit('sound', state);
  }
}
