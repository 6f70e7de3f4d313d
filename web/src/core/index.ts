// The browser library, served as /sdk/causeway.js and packed for npm:
//
//   import { connect } from './causeway.js';
//   const peer = await connect({ url: 'wss://desk.example/ws' }).connect('desk', { token });
//   document.body.append((await peer.createStream()).container);

import { connect } from './connection';
import { getMediaCapabilities } from './media';
import { version } from './version';

export type { Announcement as StreamAnnouncement } from './announcement';
export {
  DataChannel, DataChannelMode, type DataChannelEvents, type RequestMessage, type StandaloneMessage,
} from './channel';
export { Connection, connect, type ConnectionEvents, type ConnectOptions } from './connection';
export { CausewayError, ConnectError, type ErrorCode } from './errors';
export { Emitter, type ListenOptions } from './events';
export type { ShownFrame } from './frames';
export type { Devices, DeviceEvents } from './input/devices';
export { StreamFit, type Size } from './input/geometry';
export type { KeyMode } from './input/keyboard';
export { InputLevel } from './input/level';
export {
  ButtonAction, InputType, KeyboardAction, MouseButton, ScrollAxis, type KeyboardInput, type MouseAbsolute,
  type MouseClick, type MouseRelative, type MouseScroll, type OutgoingInput, type ReleaseInput, type TextInput,
} from './input/outgoing';
export { consoleLog, type Log, type LogLevel } from './log';
export { getMediaCapabilities, type MediaCapabilities, type VideoWish } from './media';
export type { Monitor, StreamInfo, TrackInfo } from './messages';
export { Microphone, type MicrophoneEvents } from './microphone';
export {
  OutboundStream, StreamType, type InputEvent, type OutboundStreamEvents, type OutboundStreamOptions,
} from './outbound';
export { Peer, PeerState, type PeerEvents, type PeerOptions, type Status, type WatchedPeer } from './peer';
export type { SoundState } from './player';
export type { PeerConnectionRequest } from './request';
export { Room, type RoomChannelOptions, type RoomEvents, type RoomOptions, type SendOptions } from './room';
export type { AcceptOptions, StreamRequest } from './serving';
export type { Shape } from './shape';
export type { HostStats, StatsSummary, StreamReport } from './stats';
export {
  InboundStream, type BeforeInputEvent, type FullscreenOptions, type HeldKeys, type StreamEvents, type StreamOptions,
} from './stream';
export type { Viewport } from './viewport';
export { version } from './version';

/** The library as one object. */
export default { connect, getMediaCapabilities, version };
