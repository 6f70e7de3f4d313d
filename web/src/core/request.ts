import { CausewayError } from './errors';
import { asObject } from './messages';
import type { Peer } from './peer';
import type { Message } from './signal';

/** What a `join` or an `offer` says of its sender, as far as it is believed. */
export interface Join {
  readonly id: string;
  readonly externalId: string;
  readonly watch: boolean;
  readonly metadata: unknown;
}

/** PeerConnectionRequest is somebody's wish to connect: accept or reject it. */
export class PeerConnectionRequest implements Join {
  readonly id: string;
  readonly externalId: string;
  /** Whether it wants to be sent what is published, or asks for what it wants. */
  readonly watch: boolean;
  /** What its application says of itself, a token perhaps. */
  readonly metadata: unknown;
  private answered = false;

  /** Made by Connection. */
  constructor(
    join: Join,
    private readonly accepted: (watch: boolean) => Promise<Peer>,
    private readonly rejected: (reason: string) => void,
  ) {
    ({ id: this.id, externalId: this.externalId, watch: this.watch, metadata: this.metadata } = join);
  }

  /** Connects; resolves when that is done. With `watch` it shall send its streams unasked. */
  async accept({ watch = false }: { watch?: boolean } = {}): Promise<Peer> {
    this.answer();
    return this.accepted(watch);
  }

  /** Refuses. The one who asked gets the reason, and does not ask again by itself. */
  reject(reason: string): void {
    this.answer();
    this.rejected(reason);
  }

  private answer(): void {
    if (this.answered) throw new CausewayError('closed', 'the request was answered');
    this.answered = true;
  }
}

/** Reads a `join` or an `offer`: data that is no object says neither that it does not watch nor a name. */
export function readJoin({ id, data, metadata }: Message): Join {
  const said = asObject(data);
  const externalId = said?.['externalId'];
  return { id, externalId: typeof externalId === 'string' ? externalId.slice(0, 1024) : '', watch: said?.['watch'] !== false, metadata };
}
