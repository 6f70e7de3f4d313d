import { ConnectError } from './errors';
import { Emitter } from './events';
import { silent, type Log } from './log';

export interface SessionEvents {
  track: RTCTrackEvent;
  channel: RTCDataChannel;
  connected: undefined;
  failed: ConnectError;
}

/** How long ICE may be disconnected before it restarts, and how long that may take, in ms. */
const restartAfter = 1500;
const restartTime = 5000;

export interface SessionOptions {
  /** Who gives way when both offer: the peer with the greater id. */
  readonly polite: boolean;
  readonly send: (type: 'offer' | 'answer' | 'candidate', data: object) => void;
  readonly configuration?: RTCConfiguration;
  readonly log?: Log;
}

/**
 * Session is one RTCPeerConnection from its making to its end. Both sides
 * may offer, by perfect negotiation (W3C WebRTC §10.7); as a rule the host
 * does, and this side only to restart ICE.
 */
export class Session extends Emitter<SessionEvents> {
  readonly pc: RTCPeerConnection;
  private readonly log: Log;
  private described = false;
  private makingOffer = false;
  private ignoringOffer = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: SessionOptions) {
    super();
    this.log = options.log ?? silent;
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...options.configuration });
    this.pc = pc;
    pc.addEventListener('track', (event) => this.emit('track', event));
    pc.addEventListener('datachannel', (event) => this.emit('channel', event.channel));
    pc.addEventListener('negotiationneeded', () => void this.offer());
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) options.send('candidate', candidate.toJSON());
    });
    pc.addEventListener('connectionstatechange', () => this.stateChanged());
  }

  /** True until the first offer was heard. */
  get fresh(): boolean {
    return !this.described;
  }

  /** Handles an offer, answer or candidate of the other side. */
  async receive(type: string, data: unknown): Promise<void> {
    try {
      if (type === 'candidate') await this.addCandidate(data as RTCIceCandidateInit);
      else await this.describe(data as RTCSessionDescriptionInit);
    } catch (error) {
      if (this.pc.signalingState === 'closed') return;
      this.log('error', `could not apply ${type}`, error);
      if (type !== 'candidate') this.fail(new ConnectError('internal', String(error)));
    }
  }

  /** Looks for a new path, for example after the network changed. */
  restart(): void {
    if (this.pc.signalingState !== 'closed') this.pc.restartIce();
  }

  close(): void {
    clearTimeout(this.timer);
    this.pc.close();
  }

  private async offer(): Promise<void> {
    try {
      this.makingOffer = true;
      await this.pc.setLocalDescription();
      this.sendDescription();
    } catch (error) {
      this.log('warn', 'could not offer', error);
    } finally {
      this.makingOffer = false;
    }
  }

  private async describe(description: RTCSessionDescriptionInit): Promise<void> {
    const { pc } = this;
    this.described = true;
    const collision = description.type === 'offer' && (this.makingOffer || pc.signalingState !== 'stable');
    this.ignoringOffer = collision && !this.options.polite;
    if (this.ignoringOffer) return;
    await pc.setRemoteDescription(description);
    if (description.type !== 'offer') return;
    await this.answer(description.sdp ?? '');
    this.sendDescription();
    if (/^m=video 0 /m.test(pc.localDescription?.sdp ?? '')) {
      this.fail(new ConnectError('codec', 'this browser plays none of the host\'s video codecs'));
    }
  }

  /** Chromium plays Opus as mono unless its own description says stereo, and no API does. */
  private async answer(offer: string): Promise<void> {
    const { pc } = this;
    if (/stereo=1/.test(offer)) {
      const answer = await pc.createAnswer();
      const sdp = withStereo(answer.sdp ?? '');
      try {
        await pc.setLocalDescription({ type: 'answer', sdp });
        return;
      } catch (error) {
        this.log('info', 'no stereo', error);
      }
    }
    await pc.setLocalDescription();
  }

  private async addCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    // One that comes before any offer belongs to a connection that is gone.
    if (this.fresh) return;
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      if (!this.ignoringOffer) throw error;
    }
  }

  private sendDescription(): void {
    const description = this.pc.localDescription;
    if (description && (description.type === 'offer' || description.type === 'answer')) {
      this.options.send(description.type, { type: description.type, sdp: description.sdp });
    }
  }

  private stateChanged(): void {
    clearTimeout(this.timer);
    switch (this.pc.connectionState) {
      case 'connected':
        this.emit('connected', undefined);
        break;
      case 'disconnected':
        this.timer = setTimeout(() => {
          this.restart();
          this.timer = setTimeout(() => this.fail(lost()), restartTime);
        }, restartAfter);
        break;
      case 'failed':
        this.fail(lost());
    }
  }

  private fail(error: ConnectError): void {
    this.emit('failed', error);
  }
}

function lost(): ConnectError {
  return new ConnectError('network', 'the network path to the host is lost');
}

/** Adds stereo=1 to the parameters of Opus. */
export function withStereo(sdp: string): string {
  const payload = /^a=rtpmap:(\d+) opus\//im.exec(sdp)?.[1];
  if (!payload) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${payload} (?!.*stereo=1).*?)\\r?$`, 'm'), '$1;stereo=1\r');
}
