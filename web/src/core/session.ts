import { ConnectError } from './errors';
import { Emitter } from './events';
import { silent, type Log } from './log';
import { asObject } from './messages';
import { offersSurround, withStereo, withSurround } from './sound';

export interface SessionEvents {
  track: RTCTrackEvent;
  connected: undefined;
  failed: ConnectError;
}

/** How long ICE may be disconnected before it restarts, and how long that may take, in ms. */
const restartAfter = 1500;
const restartTime = 5000;

export interface SessionOptions {
  /** Who gives way when both offer: the peer with the greater id. */
  readonly polite: boolean;
  /** Whether this side makes the first offer. The other waits for it. */
  readonly offers: boolean;
  /** Without a video codec in common there is no point in the connection. */
  readonly needsVideo?: boolean;
  readonly send: (type: 'offer' | 'answer' | 'candidate', data: object) => void;
  readonly configuration?: RTCConfiguration;
  readonly log?: Log;
}

/**
 * Session is one RTCPeerConnection from its making to its end. After the
 * first offer, which is for the one side to make, both may offer, by perfect
 * negotiation (W3C WebRTC §10.7).
 */
export class Session extends Emitter<SessionEvents> {
  readonly pc: RTCPeerConnection;
  private readonly log: Log;
  private described = false;
  private makingOffer = false;
  private ignoringOffer = false;
  private applyingAnswer = false;
  /** What the other side shall know MediaStreams by, instead of their ids, which nobody can choose. */
  private readonly streamNames = new Map<string, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: SessionOptions) {
    super();
    this.log = options.log ?? silent;
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...options.configuration });
    this.pc = pc;
    pc.addEventListener('track', (event) => this.emit('track', event));
    // What opens a channel in band is no Causeway peer.
    pc.addEventListener('datachannel', ({ channel }) => channel.close());
    // Until it has heard the first offer, the side that waits for it makes none.
    pc.addEventListener('negotiationneeded', () => (options.offers || this.described) && void this.offer());
    pc.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) options.send('candidate', candidate.toJSON());
    });
    pc.addEventListener('connectionstatechange', () => this.stateChanged());
  }

  /** True until the first description was heard. */
  get isFresh(): boolean {
    return !this.described;
  }

  /** Handles an offer, answer or candidate of the other side. */
  async receive(type: string, data: unknown): Promise<void> {
    try {
      if (type === 'candidate') await this.addCandidate(data as RTCIceCandidateInit);
      else if (type === 'offer' || type === 'answer') await this.describe({ type, sdp: String(asObject(data)?.['sdp'] ?? '') });
    } catch (error) {
      if (this.pc.signalingState === 'closed') return;
      this.log('error', `could not apply ${type}`, error);
      if (type !== 'candidate') this.fail(new ConnectError('internal', String(error)));
    }
  }

  /** Sends a track, in a MediaStream that the other side knows by a name. */
  addTrack(track: MediaStreamTrack, name: string): RTCRtpSender {
    const stream = new MediaStream();
    this.streamNames.set(stream.id, name);
    return this.pc.addTrack(track, stream);
  }

  removeTrack(sender: RTCRtpSender): void {
    if (this.pc.signalingState !== 'closed') this.pc.removeTrack(sender);
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
      await this.pc.setLocalDescription(await this.better());
      this.sendDescription();
    } catch (error) {
      this.log('warn', 'could not offer', error);
    } finally {
      this.makingOffer = false;
    }
  }

  /** An offer that keeps the 5.1 that was agreed on, which the browser would leave out; nothing when there is none. */
  private async better(): Promise<RTCSessionDescriptionInit | undefined> {
    const agreed = this.pc.remoteDescription?.sdp ?? '';
    if (!offersSurround(agreed)) return undefined;
    const { sdp = '' } = await this.pc.createOffer();
    return { type: 'offer', sdp: withSurround(withStereo(sdp), agreed) };
  }

  private async describe(description: RTCSessionDescriptionInit): Promise<void> {
    const { pc } = this;
    const first = !this.described;
    this.described = true;
    const ready = !this.makingOffer && (pc.signalingState === 'stable' || this.applyingAnswer);
    this.ignoringOffer = description.type === 'offer' && !ready && !this.options.polite;
    if (this.ignoringOffer) return;
    this.applyingAnswer = description.type === 'answer';
    try {
      await pc.setRemoteDescription(description);
    } finally {
      this.applyingAnswer = false;
    }
    if (description.type !== 'offer') return;
    await this.answer(description.sdp ?? '');
    this.sendDescription();
    if (first && this.options.needsVideo && /^m=video 0 /m.test(pc.localDescription?.sdp ?? '')) {
      this.fail(new ConnectError('codec', 'this browser plays none of the host\'s video codecs'));
    }
  }

  /** Chromium plays Opus as stereo or 5.1 only where its own description says so, and no API does. */
  private async answer(offer: string): Promise<void> {
    const { pc } = this;
    const { sdp = '' } = await pc.createAnswer();
    const stereo = offer.includes('stereo=1') ? withStereo(sdp) : sdp;
    for (const better of [withSurround(stereo, offer), stereo]) {
      if (better === sdp) break;
      try {
        await pc.setLocalDescription({ type: 'answer', sdp: better });
        return;
      } catch (error) {
        this.log('info', 'the browser does not take its sound that way', error);
      }
    }
    await pc.setLocalDescription();
  }

  private async addCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    // One that comes before any offer belongs to a connection that is gone.
    if (this.isFresh) return;
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      if (!this.ignoringOffer) throw error;
    }
  }

  private sendDescription(): void {
    const description = this.pc.localDescription;
    if (description?.type !== 'offer' && description?.type !== 'answer') return;
    let { sdp } = description;
    for (const [id, name] of this.streamNames) sdp = sdp.replaceAll(id, name);
    this.options.send(description.type, { type: description.type, sdp });
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
  return new ConnectError('network', 'the network path to the other side is lost');
}

