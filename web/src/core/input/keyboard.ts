import { desktopCode, isText, modifiers, physicalCode, type Stroke, type System } from './layout';
import { Ledger } from './ledger';

/** What a keyboard sends to: see InputSender. */
export interface KeySink {
  key(code: number, down: boolean): void;
  text(text: string): void;
}

/** desktop: text by the viewer's layout, other keys by place. game: every key by place. */
export type KeyMode = 'desktop' | 'game';

/** The event of a key, or what a test makes up for one. */
export interface KeyStroke extends Stroke {
  readonly repeat: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** Windows sends ControlLeft just before AltGr; a real Ctrl waits this long, in ms, to be told apart. */
const fakeControlWait = 40;

/**
 * Chromium on Linux keeps the keyup of a dead key until the next key moves. A
 * game is told after this long, in ms, or the key would stay down meanwhile.
 */
const deadKeyTime = 100;

/** Locks are the viewer's own business in desktop mode: their effect is in the text already. */
const locks: ReadonlySet<string> = new Set(['CapsLock', 'NumLock']);

/**
 * Keyboard turns key events into keys and text for the host. It knows no
 * DOM: devices.ts feeds it, and prevents the default of what it takes.
 */
export class Keyboard {
  private readonly ledger = new Ledger();
  /** Modifiers that went down here and are not sent until they prove to be real. */
  private readonly waiting = new Map<string, { code: number; timer?: ReturnType<typeof setTimeout> }>();
  private current: KeyMode = 'desktop';

  constructor(
    private readonly sink: KeySink,
    private readonly system: System,
  ) {}

  get mode(): KeyMode {
    return this.current;
  }

  /** Changes the mode. The caller releases what is down. */
  set mode(mode: KeyMode) {
    this.current = mode;
    this.forget();
  }

  /** Handles a keydown. Returns true when the browser must not act on it. */
  down(event: KeyStroke): boolean {
    return this.current === 'game' ? this.downInGame(event) : this.downOnDesktop(event);
  }

  /** Handles a keyup. Returns true when the browser must not act on it. */
  up(event: KeyStroke): boolean {
    const name = event.code || event.key;
    // A modifier that was pressed and let go alone is real: Alt opens menus,
    // the Meta key the launcher. Option on a Mac is not: it makes text.
    if (this.waiting.has(name)) {
      if (name.startsWith('Alt')) this.drop(name);
      else this.flush();
    }
    const code = this.ledger.lift(name);
    if (code === undefined) return false;
    this.sink.key(code, false);
    return true;
  }

  /** Lets go of modifiers that another event proves to be up: the system kept their keyup for itself. */
  reconcile(event: Stroke | MouseEvent, except = ''): void {
    for (const name of this.ledger.names()) {
      const held = modifiers[name];
      if (!held || name === except || held(event)) continue;
      const code = this.ledger.lift(name);
      if (code !== undefined) this.sink.key(code, false);
    }
  }

  /** Forgets everything that is down, for a caller that sends release. */
  forget(): void {
    for (const name of this.waiting.keys()) this.drop(name);
    this.ledger.clear();
  }

  /** True when a key of ours is down on the host. */
  get holds(): boolean {
    return this.ledger.size > 0;
  }

  /** Presses and lets go, for keys that come without a keyboard. */
  tap(code: number): void {
    this.flush();
    this.sink.key(code, true);
    this.sink.key(code, false);
  }

  /** Sends modifiers that still wait, before something that they modify. */
  flush(): void {
    for (const [name, { code }] of this.waiting) {
      this.drop(name);
      this.press(name, code);
    }
  }

  private downInGame(event: KeyStroke): boolean {
    const code = physicalCode(event);
    if (code === undefined) return false;
    if (event.repeat) return true;
    const name = event.code || event.key;
    this.press(name, code);
    const dead = event.key === 'Dead' || (event.keyCode === 229 && !event.isComposing);
    if (dead && this.system === 'other') setTimeout(() => this.lift(name), deadKeyTime);
    return true;
  }

  private downOnDesktop(event: KeyStroke): boolean {
    const name = event.code || event.key;
    this.reconcile(event, name);
    // An input method or a dead key works on it; its text comes through the
    // hidden text area.
    if (event.isComposing || event.keyCode === 229 || event.key === 'Dead') return false;
    if (event.key === 'AltGraph') {
      this.drop('ControlLeft');
      return true;
    }
    if (locks.has(event.key)) return true;
    if (isText(event, this.system)) {
      this.sink.text(event.key);
      return true;
    }
    const code = desktopCode(event);
    if (code === undefined) return false;
    if (event.repeat) return true;
    if (this.mustWait(event)) {
      this.wait(name, code);
      return true;
    }
    this.flush();
    this.press(name, code);
    // macOS swallows the keyup of anything pressed while Command is held.
    if (this.system === 'mac' && event.metaKey && !modifiers[name]) this.lift(name);
    return true;
  }

  private mustWait(event: KeyStroke): boolean {
    if (this.system === 'windows') return event.code === 'ControlLeft' && !event.altKey;
    return this.system === 'mac' && event.key === 'Alt';
  }

  private wait(name: string, code: number): void {
    if (this.waiting.has(name)) return;
    // Option waits for as long as it is held.
    const timer = name.startsWith('Control') ? setTimeout(() => this.flush(), fakeControlWait) : undefined;
    this.waiting.set(name, { code, timer });
  }

  private drop(name: string): void {
    clearTimeout(this.waiting.get(name)?.timer);
    this.waiting.delete(name);
  }

  private press(name: string, code: number): void {
    this.ledger.press(name, code);
    this.sink.key(code, true);
  }

  private lift(name: string): void {
    const code = this.ledger.lift(name);
    if (code !== undefined) this.sink.key(code, false);
  }
}
