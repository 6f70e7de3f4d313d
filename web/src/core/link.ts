import type { DataChannel } from './channel';
import { Channels, makeControl } from './channels';
import { Control } from './control';
import { ConnectError } from './errors';
import { Emitter } from './events';
import type { Peer } from './peer';
import { Session, type SessionOptions } from './session';

export interface LinkEvents {
  track: RTCTrackEvent;
  datachannel: DataChannel;
  connected: undefined;
  failed: ConnectError;
}

export interface LinkOptions extends Omit<SessionOptions, 'polite'> {
  readonly self: string;
  readonly externalId: string;
}

/** Link is one connection to a peer: the session, its control channel, and the other channels. */
export class Link extends Emitter<LinkEvents> {
  readonly session: Session;
  readonly control: Control;
  readonly channels: Channels;

  constructor(peer: Peer, { self, externalId, ...options }: LinkOptions) {
    super();
    this.session = new Session({ ...options, polite: self > peer.id });
    const channel = makeControl(this.session.pc);
    this.control = new Control(channel, { id: self, externalId }, () => this.channels.isBehind);
    this.channels = new Channels(peer, this.session.pc, this.control, self < peer.id, (c) => this.emit('datachannel', c));
    const gone = (): void => this.emit('failed', new ConnectError('left', 'the other side ended the connection'));
    channel.addEventListener('close', gone);
    this.control.on('silent', gone);
    this.session.on('track', (event) => this.emit('track', event));
    this.session.on('connected', () => this.emit('connected', undefined));
    this.session.on('failed', (error) => this.emit('failed', error));
  }

  close(): void {
    this.control.close();
    this.channels.close();
    this.session.close();
  }
}
