/** How a listener is added: as for an EventTarget. */
export interface ListenOptions {
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

type Listener = (detail: never) => void;

/**
 * An object with events. `Events` maps a name to what its listeners are
 * called with. Unlike an EventTarget it hands over that itself, in no Event
 * around it.
 */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<string, Map<Listener, Listener>>();

  /** Adds a listener; one that is there already is not added again. */
  addEventListener<Name extends keyof Events & string>(
    name: Name, listener: (detail: Events[Name]) => void, { once = false, signal }: ListenOptions = {},
  ): void {
    if (signal?.aborted) return;
    const called = once ? (detail: Events[Name]): void => {
      this.removeEventListener(name, listener);
      listener(detail);
    } : listener;
    const all = this.listeners.get(name) ?? new Map<Listener, Listener>();
    if (all.has(listener)) return;
    this.listeners.set(name, all.set(listener, called));
    signal?.addEventListener('abort', () => this.removeEventListener(name, listener), { once: true });
    this.listened(name);
  }

  removeEventListener<Name extends keyof Events & string>(name: Name, listener: (detail: Events[Name]) => void): void {
    this.listeners.get(name)?.delete(listener);
  }

  /** Calls the listener for each event, until the returned function is called. */
  on<Name extends keyof Events & string>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    this.addEventListener(name, listener);
    return () => this.removeEventListener(name, listener);
  }

  /** Calls the listener for the next event only, unless the returned function is called before. */
  once<Name extends keyof Events & string>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    this.addEventListener(name, listener, { once: true });
    return () => this.removeEventListener(name, listener);
  }

  /** Removes a listener; without one, all of that name. */
  off<Name extends keyof Events & string>(name: Name, listener?: (detail: Events[Name]) => void): void {
    if (listener) this.removeEventListener(name, listener);
    else this.listeners.delete(name);
  }

  /** Calls the listeners. What one of them throws is reported, and keeps nobody from the event. */
  protected emit<Name extends keyof Events & string>(name: Name, detail: Events[Name]): void {
    for (const listener of [...(this.listeners.get(name)?.values() ?? [])]) {
      try {
        (listener as (detail: Events[Name]) => void)(detail);
      } catch (error) {
        queueMicrotask(() => { throw error; });
      }
    }
  }

  /** True when somebody listens. */
  protected listens(name: keyof Events & string): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  /** Called after a listener was added, for those who begin something then. */
  protected listened(_name: string): void {}
}
