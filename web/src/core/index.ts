// The browser library, served as /sdk/causeway.js:
//
//   import { connect } from './causeway.js'; // a copy beside your own page
//   const peer = await connect({ url: 'wss://desk.example/ws' }).connect('desk', { token });
//   document.body.append(peer.stream.container);

export { Connection, connect, type ConnectOptions } from './connection';
export type { Hello, HostStats, Status, StreamInfo } from './control';
export { ConnectError, type ConnectCode } from './errors';
export type { KeyMode } from './input/keyboard';
export { Level } from './input/sender';
export type { Log, LogLevel } from './log';
export { Peer, type PeerOptions, type PeerState } from './peer';
export type { Stats } from './stats';
export { InboundStream, type FullscreenOptions, type SoundState } from './stream';
