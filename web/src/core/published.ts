import { OutboundStream, type OutboundStreamOptions } from './outbound';
import type { Peer } from './peer';

/** Published is what an audience may watch: all who call us, or a room. */
export class Published {
  readonly streams = new Set<OutboundStream>();
  private readonly peers = new Set<Peer>();

  /** Publishes a stream to those who are there, and those who come. */
  publish(media: MediaStream, options: OutboundStreamOptions = {}): OutboundStream {
    const stream = new OutboundStream(media, options, (closed) => {
      this.streams.delete(closed);
      for (const peer of this.peers) peer.withdraw(closed);
    });
    this.streams.add(stream);
    for (const peer of this.peers) peer.announce(stream);
    return stream;
  }

  /** Adds a peer to the audience, until it closes. */
  add(peer: Peer): void {
    this.peers.add(peer);
    peer.addEventListener('close', () => this.peers.delete(peer));
  }

  close(): void {
    for (const stream of [...this.streams]) stream.close();
  }
}
