import { CausewayError } from './errors';
import type { StreamFit } from './input/geometry';
import { InputLevel } from './input/level';
import { InputReceiver } from './input/received';
import type { Link } from './link';
import type { ControlMessages } from './messages';
import { OutboundStream, type OutboundStreamOptions, type Viewer } from './outbound';
import type { Peer } from './peer';
import { SenderStats } from './senderStats';

/** Requests that may wait for the application, and streams one viewer may watch. */
const maxWaiting = 16;
const maxServed = 16;

/** What a host says to a stream request. */
export interface AcceptOptions extends OutboundStreamOptions {
  /** A stream that is published, or a MediaStream to publish. */
  readonly stream: OutboundStream | MediaStream;
}

/** StreamRequest is a viewer's wish for a stream: accept or reject it. */
export interface StreamRequest {
  /** The viewer's id. */
  readonly id: string;
  readonly externalId: string;
  /** What it would like to do: bits of InputLevel. */
  readonly permissions: InputLevel;
  readonly streamFit: StreamFit;
  /** Lets it watch; the permissions are what it asks for, as far as the stream's go. */
  accept(options: AcceptOptions): Promise<OutboundStream>;
  /** Says why not, to the one who asked. */
  reject(reason: string): void;
}

export interface ServingEvents {
  /** Somebody asks; false when nobody listens. */
  requested(request: StreamRequest): boolean;
  /** Publishes what a request was accepted with. */
  publish(media: MediaStream, options: OutboundStreamOptions): OutboundStream;
}

interface Served extends Viewer {
  readonly senders: readonly RTCRtpSender[];
  readonly input: RTCDataChannel;
  readonly motion: RTCDataChannel;
  readonly stats: SenderStats;
  end(): void;
}

/** Serving is the host's half of a peer: what of ours it watches, and what it may do there. */
export class Serving {
  private readonly served = new Map<OutboundStream, Served>();
  private link: Link | undefined;
  private watches = false;
  private waiting = 0;

  constructor(
    private readonly peer: Peer,
    /** What this peer may watch. */
    private readonly published: () => readonly OutboundStream[],
    private readonly events: ServingEvents,
  ) {}

  /** Begins with a connection to a peer that wants to be sent everything, or asks for what it wants. */
  start(link: Link, watches: boolean): void {
    this.link = link;
    this.watches = watches;
    const { control } = link;
    control.on('request', (m) => this.requested(m));
    control.on('join', (m) => this.joined(m));
    control.on('leave', ({ stream }) => this.find(stream)?.[1].end());
    control.on('announcements', () => this.announceAll());
    control.on('viewport', ({ stream, width, height, refresh }) => this.find(stream)?.[0].viewed(this.peer, { width, height, refresh }));
    control.on('watch', ({ stream, on }) => this.find(stream)?.[1].stats.watch(on));
    for (const stream of this.published()) this.announce(stream);
  }

  /** The peer says that it wants to be sent everything. */
  wantAll(): void {
    if (this.watches) return;
    this.watches = true;
    for (const stream of this.published()) this.serve(stream, 0, stream.permissions);
  }

  /** The connection is gone. */
  stop(): void {
    this.link = undefined;
    for (const viewer of [...this.served.values()]) viewer.end();
  }

  /** Tells of a stream, and sends it to a peer that wants everything. */
  announce(stream: OutboundStream): void {
    this.link?.control.send('announce', { stream: stream.info(stream.permissions) });
    if (this.watches) this.serve(stream, 0, stream.permissions);
  }

  /** Tells that a stream is no more. */
  withdraw(stream: OutboundStream): void {
    this.served.get(stream)?.end();
    this.link?.control.send('withdraw', { stream: stream.id, message: 'the stream has ended' });
  }

  private announceAll(): void {
    for (const stream of this.published()) this.link?.control.send('announce', { stream: stream.info(stream.permissions) });
  }

  private requested({ request, level, fit }: ControlMessages['request']): void {
    const link = this.link;
    const refuse = (code: string, message: string): void => {
      if (link === this.link) link?.control.send('refuse', { request, code, message });
    };
    if (this.waiting >= maxWaiting) return refuse('limit', 'too many requests wait');
    let open = true;
    const answer = (): void => {
      if (!open) throw new CausewayError('closed', 'the request was answered');
      open = false;
      this.waiting--;
    };
    this.waiting++;
    const { id, externalId } = this.peer;
    const heard = this.events.requested({
      id, externalId, permissions: level, streamFit: fit,
      accept: async ({ stream: given, ...options }) => {
        answer();
        if (link !== this.link) throw new CausewayError('network', 'the connection was lost');
        const stream = given instanceof OutboundStream ? given : this.events.publish(given, { permissions: level, ...options });
        this.serve(stream, request, (options.permissions ?? stream.permissions) & level);
        return stream;
      },
      reject: (reason) => {
        answer();
        refuse('rejected', reason);
      },
    });
    if (heard) return;
    answer();
    const [first] = this.published();
    if (first) this.serve(first, request, first.permissions & level);
    else refuse('absent', 'there is no stream');
  }

  private joined({ request, stream: id, level }: ControlMessages['join']): void {
    const stream = this.published().find((s) => s.id === id);
    if (stream) this.serve(stream, request, stream.permissions & level);
    else this.link?.control.send('refuse', { request, code: 'absent', message: 'there is no such stream' });
  }

  /** Lets the peer watch a stream, or says why not. */
  private serve(stream: OutboundStream, request: number, level: InputLevel): void {
    const { link } = this;
    if (!link || stream.ended) return;
    const { control } = link;
    let viewer = this.served.get(stream);
    const isNew = viewer === undefined;
    if (!viewer) {
      try {
        viewer = this.add(link, stream, level);
      } catch (error) {
        const code = error instanceof CausewayError ? error.code : 'internal';
        if (request !== 0) control.send('refuse', { request, code, message: String((error as Error).message) });
        return;
      }
    }
    const channels = { input: viewer.input.id!, motion: viewer.motion.id! };
    control.send('accept', { request, stream: stream.info(viewer.level), level: viewer.level, ...channels });
    if (isNew) stream.joined(this.peer, viewer);
  }

  private add(link: Link, stream: OutboundStream, level: InputLevel): Served {
    if (this.served.size >= maxServed) throw new CausewayError('limit', 'as many streams are watched as may be');
    const { input, motion } = link.channels.makeInput();
    const senders = stream.media.getTracks().map((track) => {
      const sender = link.session.addTrack(track, `causeway-${stream.id}-${track.kind}`);
      encode(sender, stream);
      return sender;
    });
    const receiver = new InputReceiver(level);
    for (const channel of [input, motion]) {
      channel.addEventListener('message', ({ data }) => {
        for (const event of receiver.receive(data)) stream.received(this.peer, event);
      });
    }
    const video = senders.find(({ track }) => track?.kind === 'video');
    const stats = new SenderStats(video, (numbers) => link.control.send('stats', { stream: stream.id, viewers: stream.peers.length, ...numbers }));
    const viewer: Served = {
      level, senders, input, motion, stats,
      permit: (to) => {
        const lost = receiver.level & ~to;
        viewer.level = receiver.level = to;
        link.control.send('level', { stream: stream.id, level: to });
        // What it held down with what it may do no longer must not stay down.
        if (lost !== 0) stream.received(this.peer, { type: 'release' });
      },
      end: () => this.end(link, stream, viewer),
    };
    this.served.set(stream, viewer);
    return viewer;
  }

  private end(link: Link, stream: OutboundStream, viewer: Served): void {
    if (!this.served.delete(stream)) return;
    viewer.stats.watch(false);
    viewer.input.close();
    viewer.motion.close();
    for (const sender of viewer.senders) link.session.removeTrack(sender);
    stream.received(this.peer, { type: 'release' });
    stream.left(this.peer);
  }

  private find(id: number): [OutboundStream, Served] | undefined {
    return [...this.served].find(([stream]) => stream.id === id);
  }
}

/** Sets what the browser's encoder aims at; it may refuse, and then does as it likes. */
function encode(sender: RTCRtpSender, { options }: OutboundStream): void {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  const isVideo = sender.track?.kind === 'video';
  const bitrate = isVideo ? options.videoBitrate : options.audioBitrate;
  if (encoding && bitrate) encoding.maxBitrate = bitrate;
  if (isVideo && sender.track?.contentHint !== 'motion') {
    (parameters as { degradationPreference?: string }).degradationPreference = 'maintain-resolution';
  }
  void sender.setParameters(parameters).catch(() => {});
}
