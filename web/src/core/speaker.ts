import { Emitter } from './events';
import { silent, type Log } from './log';

export interface SpeakerEvents {
  /** It plays from now on, or no longer. */
  change: undefined;
}

/** How long a browser may take to begin to play, in ms, before it counts as holding sound back. */
const startTime = 400;

/**
 * Speaker plays sound with half the delay of an `<audio>` element: packets are
 * taken ahead of the browser's jitter buffer by a worker, and played by a
 * worklet (src/sound). It needs a secure context and Chromium 124 or the like.
 */
export class Speaker extends Emitter<SpeakerEvents> {
  private readonly context = new AudioContext({ latencyHint: 0, sampleRate: 48000 });
  private readonly worker: Worker;
  private readonly made: Promise<AudioWorkletNode>;
  /** What plays, once it is there; other nodes may listen to it. */
  node: AudioWorkletNode | undefined;

  /** Whether this browser can. */
  static get supported(): boolean {
    return typeof AudioWorkletNode !== 'undefined' && typeof AudioDecoder !== 'undefined'
      && typeof (globalThis as { RTCRtpScriptTransform?: unknown }).RTCRtpScriptTransform !== 'undefined';
  }

  /** `base` is where sound-worker.js and sound-worklet.js are. */
  constructor(base: string, private readonly log: Log = silent) {
    super();
    this.worker = new Worker(new URL('sound-worker.js', base), { type: 'module' });
    this.made = this.make(base);
    this.made.catch((error: unknown) => log('warn', 'no sound', error));
    this.context.addEventListener('statechange', () => this.emit('change', undefined));
  }

  get playing(): boolean {
    return this.context.state === 'running';
  }

  /** Takes the packets of a receiver. It must have been made just now. */
  attach(receiver: RTCRtpReceiver): void {
    const { port1, port2 } = new MessageChannel();
    (receiver as { transform?: unknown }).transform = new RTCRtpScriptTransform(this.worker, { port: port1 }, [port1]);
    void this.made.then((node) => node.port.postMessage(port2, [port2]), () => {});
  }

  /** Plays; false when the browser wants a gesture first. */
  async resume(): Promise<boolean> {
    // It may never settle: the browser waits for a gesture.
    const resumed = this.context.resume().then(() => {}, () => {});
    await Promise.race([resumed, new Promise((done) => setTimeout(done, startTime))]);
    return this.playing;
  }

  pause(): void {
    void this.context.suspend().catch((error: unknown) => this.log('debug', 'the sound goes on', error));
  }

  close(): void {
    this.worker.terminate();
    void this.context.close().catch(() => {});
  }

  private async make(base: string): Promise<AudioWorkletNode> {
    await this.context.audioWorklet.addModule(new URL('sound-worklet.js', base));
    const node = new AudioWorkletNode(this.context, 'causeway-speaker', { numberOfInputs: 0, outputChannelCount: [2] });
    node.connect(this.context.destination);
    this.node = node;
    return node;
  }
}
