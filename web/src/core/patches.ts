import { parsePatch, unpack, type Patch, type Rect } from './patchWire';

/** So many messages wait for their turn at most; a host that heeds what we tell it never has so many on the way. */
const maxWaiting = 64;

/**
 * Patches draws what a host sends as exact pixels over a video: what stands
 * still, and what has just changed a little. Where the video has something
 * newer the host has it cleared.
 */
export class Patches {
  readonly canvas = document.createElement('canvas');
  /** How many bytes came. */
  received = 0;
  private readonly context = this.canvas.getContext('2d', { willReadFrequently: true });
  private channel: RTCDataChannel | undefined;
  private line: Promise<void> = Promise.resolve();
  private waiting = 0;
  private drawn = 0;
  private told: number | undefined;
  private covered = false;
  private frame: number | undefined;

  constructor(private readonly video: HTMLVideoElement) {
    Object.assign(this.canvas.style, { position: 'absolute', inset: '0', width: '100%', height: '100%', pointerEvents: 'none', display: 'none' });
  }

  /** Whether the browser can. */
  static get supported(): boolean {
    return 'DecompressionStream' in globalThis && 'requestVideoFrameCallback' in HTMLVideoElement.prototype;
  }

  /** Takes the channel of a new connection, or undefined at its end. */
  connect(channel: RTCDataChannel | undefined): void {
    this.channel = channel;
    this.drawn = this.waiting = 0;
    this.told = undefined;
    this.clear();
    channel?.addEventListener('message', ({ data }) => channel === this.channel && this.receive(data));
  }

  private receive(data: unknown): void {
    const { channel } = this;
    const patch = data instanceof ArrayBuffer ? parsePatch(data) : undefined;
    if (!patch || this.waiting >= maxWaiting) {
      this.fail();
      return;
    }
    this.received += patch.data.length;
    this.waiting++;
    const unpacking = patch.draw.length > 0 ? unpack(patch) : undefined;
    this.line = this.line.then(async () => {
      const pixels = await unpacking;
      if (channel !== this.channel) return;
      this.waiting--;
      if (unpacking && !pixels) this.fail();
      else this.apply(patch, pixels);
    });
  }

  private apply(patch: Patch, pixels: Uint8Array | undefined): void {
    const { canvas, context } = this;
    if (canvas.width !== patch.width || canvas.height !== patch.height) {
      canvas.width = patch.width;
      canvas.height = patch.height;
      this.covered = false;
    }
    for (const { x, y, width, height } of patch.clear) {
      context?.clearRect(x, y, width, height);
      if (width === patch.width && height === patch.height) this.covered = false;
    }
    let from = 0;
    for (const rect of patch.draw) {
      context?.putImageData(image(rect, pixels!, from), rect.x, rect.y);
      from += 3 * rect.width * rect.height;
      this.covered = true;
    }
    this.told = patch.timestamp;
    this.show(true);
    this.drawn = (this.drawn + 1) >>> 0;
    const message = new DataView(new ArrayBuffer(4));
    message.setUint32(0, this.drawn);
    if (this.channel?.readyState === 'open') this.channel.send(message);
  }

  /** Shows what is drawn, if there is anything, unless the video is ahead of it. */
  private show(on: boolean): void {
    this.canvas.style.display = this.covered ? 'block' : 'none';
    this.canvas.style.visibility = on ? 'visible' : 'hidden';
    if (this.covered && this.frame === undefined) this.watch();
  }

  /** Hides what is drawn when the video shows a frame that it is not up to date with: a message was lost and comes later. */
  private watch(): void {
    this.frame = this.video.requestVideoFrameCallback((_, { rtpTimestamp }) => {
      this.frame = undefined;
      const ahead = rtpTimestamp !== undefined && this.told !== undefined && ((rtpTimestamp - this.told) | 0) > 0;
      this.show(!ahead);
    });
  }

  private clear(): void {
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.covered = false;
    this.show(true);
  }

  /** What came was no patch: there are no more. */
  private fail(): void {
    this.channel?.close();
    this.connect(undefined);
  }
}

/** The pixels of a rectangle, of which the red, green and blue begin at `from`. */
function image({ width, height }: Rect, pixels: Uint8Array, from: number): ImageData {
  const data = new ImageData(width, height);
  const to = new Uint32Array(data.data.buffer);
  for (let i = 0, at = from; i < to.length; i++, at += 3) {
    to[i] = 0xff000000 | (pixels[at + 2]! << 16) | (pixels[at + 1]! << 8) | pixels[at]!;
  }
  return data;
}
