/**
 * Ledger remembers what is down and which number was sent for it, so that
 * its release names the same key even when the layout, the modifiers or the
 * mode changed in between, and nothing stays down for ever.
 */
export class Ledger {
  private readonly down = new Map<string, number>();

  press(name: string, code: number): void {
    this.down.set(name, code);
  }

  /** Forgets a key and returns its number; undefined when it was not down. */
  lift(name: string): number | undefined {
    const code = this.down.get(name);
    this.down.delete(name);
    return code;
  }

  has(name: string): boolean {
    return this.down.has(name);
  }

  get size(): number {
    return this.down.size;
  }

  names(): string[] {
    return [...this.down.keys()];
  }

  clear(): void {
    this.down.clear();
  }
}
