import { DataChannel, type Budget, type DataChannelMode } from './channel';
import type { Control } from './control';
import { CausewayError, refusal } from './errors';
import type { Peer } from './peer';

/** Ids of channels that are agreed on over `control`, and that of itself. */
const firstID = 128;
const lastID = 254;
const controlID = 255;
/** What a connection's named channels hold at most, in bytes. */
const budget = 64 << 20;
const maxLabel = 256;

/** A channel that we asked for. */
interface Asked {
  readonly channel: DataChannel;
  resolve(channel: DataChannel): void;
  reject(error: CausewayError): void;
}

/** Makes the channel `control`. Both sides do, when they make the connection. */
export function makeControl(pc: RTCPeerConnection): RTCDataChannel {
  return pc.createDataChannel('control', { negotiated: true, id: controlID });
}

/**
 * Channels are the data channels of one connection. The side with the smaller
 * id gives out even numbers, the other odd ones.
 */
export class Channels {
  readonly byLabel = new Map<string, DataChannel>();
  private readonly used = new Map<number, RTCDataChannel>();
  private readonly asked = new Map<number, Asked>();
  private readonly budget: Budget = { left: budget };
  private next: number;

  constructor(
    private readonly peer: Peer,
    private readonly pc: RTCPeerConnection,
    private readonly control: Control,
    private readonly even: boolean,
    /** Told of channels that the other side made. */
    private readonly came: (channel: DataChannel) => void,
  ) {
    this.next = even ? firstID : firstID + 1;
    control.on('channel', (m) => this.requested(m));
    control.on('channel-open', ({ channel }) => this.settle(channel)?.resolve());
    control.on('channel-refuse', ({ channel, code, message }) => this.settle(channel)?.reject(refusal(code, message)));
  }

  /** Makes a named channel; resolves when the other side has it too. */
  create(label: string, mode: DataChannelMode): Promise<DataChannel> {
    if (label.length > maxLabel) return Promise.reject(new CausewayError('limit', 'the label is too long'));
    if (this.byLabel.has(label)) return Promise.reject(new CausewayError('taken', `there is a channel called ${label}`));
    return new Promise((resolve, reject) => {
      const number = this.allocate();
      const channel = this.add(number, label, mode);
      this.asked.set(number, { channel, resolve, reject });
      channel.addEventListener('close', () => this.settle(number)?.reject(new CausewayError('network', 'the channel did not open')));
      this.control.send('channel', { channel: number, label, mode });
    });
  }

  /** Makes a viewer's input channels, and says by which numbers the viewer makes them too. */
  makeInput(): { input: RTCDataChannel; motion: RTCDataChannel } {
    const input = this.allocate();
    const made = this.raw(input, 'input', 'reliable');
    return { input: made, motion: this.raw(this.allocate(), 'motion', 'unreliable') };
  }

  /** Makes the channel for a stream's patches, of which the publisher must be told; undefined when there are as many as may be. */
  makePatches(): RTCDataChannel | undefined {
    try {
      return this.raw(this.allocate(), 'patches', 'reliable');
    } catch {
      return undefined;
    }
  }

  /** Makes the channels that a publisher has made for our input; undefined where it made none, or named what is none. */
  takeInput(number: number | undefined, label: 'input' | 'motion'): RTCDataChannel | undefined {
    if (number === undefined || !this.isTheirs(number)) return undefined;
    return this.raw(number, label, label === 'input' ? 'reliable' : 'unreliable');
  }

  /** Whether any of them has data that waits for the network. */
  get isBehind(): boolean {
    return [...this.used.values()].some((channel) => channel.bufferedAmount > 0);
  }

  close(): void {
    for (const channel of [...this.byLabel.values()]) channel.close();
  }

  private requested({ channel: number, label, mode }: { channel: number; label: string; mode: DataChannelMode }): void {
    const refuse = (code: string, message: string): void => this.control.send('channel-refuse', { channel: number, code, message });
    if (!this.isTheirs(number)) refuse('rejected', 'that number is not the sender\'s to give, or in use');
    else if (label.length > maxLabel) refuse('limit', 'the label is too long');
    else if (this.byLabel.has(label)) refuse('taken', 'there is a channel of that label');
    else {
      const channel = this.add(number, label, mode);
      this.control.send('channel-open', { channel: number });
      this.came(channel);
    }
  }

  private add(number: number, label: string, mode: DataChannelMode): DataChannel {
    const channel = new DataChannel(this.peer, label, mode, this.raw(number, label, mode), this.budget);
    this.byLabel.set(label, channel);
    channel.addEventListener('close', () => this.byLabel.delete(label));
    return channel;
  }

  private raw(number: number, label: string, mode: DataChannelMode): RTCDataChannel {
    const loose = mode === 'unreliable' ? { ordered: false, maxRetransmits: 0 } : {};
    const channel = this.pc.createDataChannel(label, { negotiated: true, id: number, ...loose });
    channel.binaryType = 'arraybuffer';
    this.used.set(number, channel);
    channel.addEventListener('message', () => this.control.hear());
    channel.addEventListener('close', () => this.used.delete(number));
    return channel;
  }

  private isTheirs(number: number): boolean {
    return number >= firstID && number <= lastID && (number % 2 === 0) !== this.even && !this.used.has(number);
  }

  /** The next number of ours that is free; one that was used comes again only after all others. */
  private allocate(): number {
    for (let tries = firstID; tries <= lastID; tries += 2) {
      const number = this.next;
      this.next = number + 2 > lastID ? (this.even ? firstID : firstID + 1) : number + 2;
      if (!this.used.has(number)) return number;
    }
    throw new CausewayError('limit', 'as many channels as there may be are open');
  }

  /** Ends the waiting for a channel that we asked for; undefined when nobody waits. */
  private settle(number: number): { resolve(): void; reject(error: CausewayError): void } | undefined {
    const asked = this.asked.get(number);
    this.asked.delete(number);
    return asked && {
      resolve: () => asked.resolve(asked.channel),
      reject: (error) => {
        asked.channel.close();
        asked.reject(error);
      },
    };
  }
}
