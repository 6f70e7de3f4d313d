import type { Signal } from './signal';

/** Route is the way to one peer over signalling: a room, our id in it, and the peer's. */
export class Route {
  constructor(
    readonly signal: Signal,
    readonly room: string,
    readonly self: string,
    readonly remote: string,
  ) {}

  send(type: string, data?: unknown, metadata?: unknown): void {
    this.signal.publish(`${this.room}:${this.remote}`, { type, id: this.self, data, metadata });
  }

  /** True when a refusal about a namespace is about this way; one about none may be. */
  concerns(namespace: string): boolean {
    return ['', this.room, `${this.room}:${this.remote}`, `${this.room}:${this.self}`].includes(namespace);
  }
}
