import { Emitter } from './events';
import type { Size, StreamFit } from './input/geometry';
import { Patches } from './patches';
import { Speaker } from './speaker';

export type SoundState = 'on' | 'off' | 'blocked';

export interface PlayerEvents {
  /** The first frame of a connection is on the screen. */
  picture: undefined;
  /** The picture changed its size. */
  size: Size;
  /** Sound was asked for and is on, off, or held back by the browser until a gesture. */
  sound: SoundState;
}

const fits: Readonly<Record<StreamFit, string>> = { contain: 'contain', cover: 'cover', actual: 'none' };

/**
 * Player shows a stream's picture and plays its sound, apart, in a `<video>`
 * and an `<audio>`: one element would hold frames back until their sound is
 * due. Where it can, a Speaker takes the place of the `<audio>`.
 */
export class Player extends Emitter<PlayerEvents> {
  readonly container = document.createElement('div');
  readonly video = document.createElement('video');
  readonly audio = document.createElement('audio');
  readonly patches = new Patches(this.video);
  /** What plays stereo; undefined where the browser cannot, or before there is any. */
  speaker: Speaker | undefined;
  private soundState: SoundState = 'off';
  private wantsSound = true;
  private pictured = false;
  private streamFit: StreamFit = 'contain';

  /** `soundFrom` is where the Speaker's files are; without it there is none. */
  constructor(private readonly soundFrom?: string) {
    super();
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
    container.append(video, this.patches.canvas, audio);
    video.addEventListener('loadeddata', () => this.shown());
    video.addEventListener('resize', () => this.emit('size', this.size));
    // Browsers that hold sound back give it free with the first gesture.
    for (const name of ['pointerup', 'keydown']) {
      container.addEventListener(name, () => this.soundState === 'blocked' && void this.resumeAudio(), true);
    }
  }

  /** True from the first frame of a connection until its loss. */
  get hasPicture(): boolean {
    return this.pictured;
  }

  get sound(): SoundState {
    return this.soundState;
  }

  /** The picture's size in its own pixels; zero before the first frame. */
  get size(): Size {
    return { width: this.video.videoWidth, height: this.video.videoHeight };
  }

  get fit(): StreamFit {
    return this.streamFit;
  }

  set fit(fit: StreamFit) {
    this.streamFit = fit;
    for (const element of [this.video, this.patches.canvas]) element.style.objectFit = fits[fit];
  }

  async play(): Promise<void> {
    await this.video.play();
    if (this.wantsSound) await this.resumeAudio();
  }

  pause(): void {
    this.video.pause();
    this.audio.pause();
    this.speaker?.pause();
  }

  async resumeAudio(): Promise<void> {
    this.wantsSound = true;
    if (this.speaker) {
      this.setSound(await this.speaker.resume() ? 'on' : 'blocked');
      return;
    }
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
    this.speaker?.pause();
    this.setSound('off');
  }

  /** Takes a connection's track, the sound's perhaps in 5.1, which only an `<audio>` plays. */
  attach(track: MediaStreamTrack, receiver: RTCRtpReceiver, surround = false): void {
    if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    if (track.kind === 'video') {
      this.pictured = false;
      this.video.srcObject = new MediaStream([track]);
      void this.video.play().catch(() => {});
    } else {
      if (surround || !this.speak(receiver)) this.audio.srcObject = new MediaStream([track]);
      if (this.wantsSound) void this.resumeAudio();
    }
  }

  /** Plays a receiver's sound with little delay, or reports that it must be played as usual. */
  private speak(receiver: RTCRtpReceiver): boolean {
    if (!this.soundFrom || !Speaker.supported) return false;
    if (!this.speaker) {
      this.speaker = new Speaker(this.soundFrom);
      this.speaker.on('change', () => this.speaker?.playing && this.wantsSound && this.setSound('on'));
    }
    this.speaker.attach(receiver);
    return true;
  }

  /** The connection is about to close; the last picture stays. */
  detach(): void {
    this.pictured = false;
    // A video whose track ends turns black, but not when it is paused.
    this.video.pause();
  }

  close(): void {
    this.video.srcObject = null;
    this.audio.srcObject = null;
    this.speaker?.close();
    this.container.remove();
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
