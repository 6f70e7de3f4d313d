import type { StreamInfo } from './messages';
import type { InboundStream, StreamOptions } from './stream';

/** Announcement tells of a stream that can be watched. */
export class Announcement {
  constructor(
    readonly info: StreamInfo,
    private readonly watch: (options: StreamOptions) => Promise<InboundStream>,
  ) {}

  /** Watches it. Rejects when the publisher refuses, or it is gone. */
  join(options: StreamOptions = {}): Promise<InboundStream> {
    return this.watch(options);
  }
}
