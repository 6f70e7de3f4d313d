/**
 * An EventTarget whose events are declared: `Events` maps a name to the type
 * of the CustomEvent's detail.
 */
export class Emitter<Events extends object> extends EventTarget {
  /** Calls the listener with the detail of each event, until the returned function is called. */
  on<Name extends keyof Events & string>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    const handler = (event: Event): void => listener((event as CustomEvent<Events[Name]>).detail);
    this.addEventListener(name, handler);
    return () => this.removeEventListener(name, handler);
  }

  /** Dispatches an event. Returns false when a listener cancelled it. */
  protected emit<Name extends keyof Events & string>(name: Name, detail: Events[Name]): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }));
  }
}
