// Takes packets of sound ahead of the browser's own jitter buffer, which adds
// 40 ms or more, decodes them, and hands them to the worklet.
import type { Packet } from './worklet';

interface Transformer {
  readonly readable: ReadableStream<RTCEncodedAudioFrame>;
  readonly options: { readonly port: MessagePort };
}

/** How far, in µs, a packet may be from the end of the last and follow it. */
const seam = 1000;

class Reader {
  private expected = -1;
  private last: number | undefined;
  private time = 0;
  private decoder = this.open();

  constructor(private readonly port: MessagePort) {}

  /** Decodes a packet. One that is broken is left out, one that was overtaken too. */
  take(frame: RTCEncodedAudioFrame): void {
    const stamp = frame.getMetadata().rtpTimestamp ?? frame.timestamp;
    const step = this.last === undefined ? 0 : (stamp - this.last) | 0;
    if (step < 0) return;
    this.last = stamp;
    this.time += step / 0.048;
    if (this.decoder.state === 'closed') this.decoder = this.open();
    this.decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: Math.round(this.time), data: frame.data }));
  }

  close(): void {
    if (this.decoder.state !== 'closed') this.decoder.close();
    this.port.close();
  }

  private open(): AudioDecoder {
    const decoder = new AudioDecoder({ output: (data) => this.pass(data), error: () => {} });
    decoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2 });
    return decoder;
  }

  private pass(data: AudioData): void {
    const planes = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
      const plane = new Float32Array(data.numberOfFrames);
      data.copyTo(plane, { planeIndex, format: 'f32-planar' });
      return plane;
    });
    const packet: Packet = { planes, follows: Math.abs(data.timestamp - this.expected) < seam };
    this.expected = data.timestamp + data.numberOfFrames / 0.048;
    data.close();
    this.port.postMessage(packet, planes.map((plane) => plane.buffer));
  }
}

async function read({ readable, options }: Transformer): Promise<void> {
  const reader = new Reader(options.port);
  try {
    const frames = readable.getReader();
    for (let next = await frames.read(); !next.done; next = await frames.read()) reader.take(next.value);
  } finally {
    reader.close();
  }
}

addEventListener('rtctransform', (event) => void read((event as unknown as { transformer: Transformer }).transformer).catch(() => {}));
