import { Emitter } from './events';
import { InputLevel } from './input/level';
import type { OutgoingInput } from './input/outgoing';
import type { StreamInfo, TrackInfo } from './messages';
import type { Peer } from './peer';
import type { Viewport } from './viewport';

/** What a stream shows: a desktop, some applications, or pictures of a program's own. */
export type StreamType = 'desktop' | 'apps' | 'frames';
export const StreamType = { FullDesktop: 'desktop', AppIsolation: 'apps', Frames: 'frames' } as const;

export interface OutboundStreamOptions {
  /** For people; the default is the type. */
  readonly name?: string;
  /** The default is frames. */
  readonly type?: StreamType;
  /** What a viewer may do, unless it is told otherwise: bits of InputLevel. The default is nothing. */
  readonly permissions?: InputLevel;
  /** Most bits per second for each viewer; the browser's own choice by default. */
  readonly videoBitrate?: number;
  readonly audioBitrate?: number;
  /**
   * What to keep when there is too little bandwidth: detail and text keep the
   * picture sharp, motion the frame rate. The default is detail for desktops
   * and applications, motion for frames.
   */
  readonly contentHint?: 'detail' | 'text' | 'motion';
}

/** An input of a viewer's, which it is permitted to make. */
export interface InputEvent {
  readonly peer: Peer;
  readonly input: OutgoingInput;
  /** Says that it shall have no effect; those who act on input look at isDiscarded. */
  discard(): void;
  readonly isDiscarded: boolean;
}

export interface OutboundStreamEvents {
  'peer-join': Peer;
  'peer-leave': Peer;
  input: InputEvent;
  /** The size of a viewer's picture, and its display's refresh rate. */
  viewport: Viewport & { readonly peer: Peer };
  close: undefined;
}

/** One who watches, as Serving keeps it. */
export interface Viewer {
  level: InputLevel;
  /** Changes what it may do. */
  permit(level: InputLevel): void;
}

let lastID = 0;

/**
 * OutboundStream is a MediaStream that is published, with those who watch it
 * and what each may do. What makes the pictures, a canvas or a screen share,
 * stays the application's; when its last track has ended, the stream closes.
 */
export class OutboundStream extends Emitter<OutboundStreamEvents> {
  readonly id = ++lastID;
  readonly name: string;
  readonly type: StreamType;
  private readonly viewers = new Map<Peer, Viewer>();
  private level: InputLevel;
  private isOver = false;

  /** Made by Published; `closed` is told when it is over, and ends it for those who watch. */
  constructor(
    readonly media: MediaStream,
    readonly options: OutboundStreamOptions,
    private readonly closed: (stream: OutboundStream) => void,
  ) {
    super();
    this.type = options.type ?? 'frames';
    this.name = options.name ?? this.type;
    this.level = options.permissions ?? InputLevel.None;
    const hint = options.contentHint ?? (this.type === 'frames' ? 'motion' : 'detail');
    for (const track of media.getTracks()) {
      if (track.kind === 'video') track.contentHint = hint;
      track.addEventListener('ended', () => media.getTracks().every((t) => t.readyState === 'ended') && this.close());
    }
  }

  /** Those who watch. */
  get peers(): readonly Peer[] {
    return [...this.viewers.keys()];
  }

  get ended(): boolean {
    return this.isOver;
  }

  /** What viewers may do. Setting it changes it for those who watch and those who come. */
  get permissions(): InputLevel {
    return this.level;
  }

  set permissions(level: InputLevel) {
    this.level = level;
    for (const viewer of this.viewers.values()) viewer.permit(level);
  }

  /** What one of those who watch may do; nothing, for one who does not. */
  getPeerPermission(peer: Peer): InputLevel {
    return this.viewers.get(peer)?.level ?? InputLevel.None;
  }

  /** Changes what one of those who watch may do, at once. */
  setPeerPermission(peer: Peer, level: InputLevel): void {
    this.viewers.get(peer)?.permit(level);
  }

  /** Ends the stream for everybody. The tracks go on. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.closed(this);
    this.emit('close', undefined);
  }

  /** What a viewer with a level is told of it. */
  info(level: InputLevel): StreamInfo {
    const tracks = this.media.getTracks().map((track): TrackInfo => {
      const { width = 0, height = 0 } = track.getSettings();
      return { kind: track.kind === 'video' ? 'video' : 'audio', width, height };
    });
    return { id: this.id, name: this.name, kind: this.type, level, tracks };
  }

  /** Somebody watches from now on. Called by Serving. @internal */
  joined(peer: Peer, viewer: Viewer): void {
    this.viewers.set(peer, viewer);
    this.emit('peer-join', peer);
  }

  /** Somebody watches no longer. Called by Serving. @internal */
  left(peer: Peer): void {
    if (this.viewers.delete(peer)) this.emit('peer-leave', peer);
  }

  /** A viewer did something. Called by Serving. @internal */
  received(peer: Peer, input: OutgoingInput): void {
    let isDiscarded = false;
    this.emit('input', { peer, input, discard: () => { isDiscarded = true; }, get isDiscarded() { return isDiscarded; } });
  }

  /** A viewer's picture has a size. Called by Serving. @internal */
  viewed(peer: Peer, viewport: Viewport): void {
    this.emit('viewport', { peer, ...viewport });
  }
}
