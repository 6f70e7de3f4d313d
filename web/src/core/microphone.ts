import { Emitter } from './events';
import { InputLevel } from './input/level';
import type { OutboundStream } from './outbound';
import type { WatchedPeer } from './peer';

/** What the host looks for among the streams of its viewers. */
const streamName = 'microphone';

export interface MicrophoneEvents {
  /** It was turned on or off, or may be from now on, or no longer. */
  change: undefined;
}

/**
 * Microphone sends what this side's microphone hears to the host, whose
 * programs can record it. It outlives connections.
 */
export class Microphone extends Emitter<MicrophoneEvents> {
  private stream: OutboundStream | undefined;

  constructor(private readonly peer: WatchedPeer) {
    super();
    peer.stream.on('permissions-change', () => {
      if (!this.permitted) this.turnOff();
      this.emit('change', undefined);
    });
    peer.on('close', () => this.turnOff());
  }

  /** Whether the host would hear it and the browser has one to offer. */
  get permitted(): boolean {
    return (this.peer.stream.permissions & InputLevel.Microphone) !== 0 && navigator.mediaDevices !== undefined;
  }

  get active(): boolean {
    return this.stream !== undefined;
  }

  /** Asks the person for the microphone; rejects when the answer is no. */
  async turnOn(): Promise<void> {
    if (this.active) return;
    const media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    if (this.active || !this.permitted) {
      for (const track of media.getTracks()) track.stop();
      return;
    }
    const stream = this.peer.publish(media, { name: streamName });
    this.stream = stream;
    // The person may take it away in the browser's own bar.
    for (const track of media.getTracks()) track.addEventListener('ended', () => this.turnOff());
    this.emit('change', undefined);
  }

  turnOff(): void {
    const { stream } = this;
    if (!stream) return;
    this.stream = undefined;
    for (const track of stream.media.getTracks()) track.stop();
    stream.close();
    this.emit('change', undefined);
  }
}
