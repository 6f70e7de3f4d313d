import type { Cursor } from '../cursor';
import { Emitter } from '../events';
import { Keyboard, type KeyMode } from './keyboard';
import { keycodes } from './keycodes';
import { currentSystem } from './layout';
import { InputLevel } from './level';
import { Pointer, type Surface } from './pointer';
import type { InputSender } from './sender';
import { TextArea, type Edit } from './text';
import { Touch } from './touch';
import { Wheel } from './wheel';

export interface DeviceEvents {
  /** The key mode changed. */
  'mode-change': KeyMode;
  /** The pointer was locked to the picture, or let go. */
  'lock-change': boolean;
  /** The on-screen keyboard was asked for, or is gone. */
  'keyboard-change': boolean;
}

/**
 * Devices listens to keyboard, mouse and touch over a stream's picture and
 * passes them on. `attach` and `detach` are symmetric; while detached it
 * holds no listener.
 */
export class Devices extends Emitter<DeviceEvents> {
  readonly keyboard: Keyboard;
  private readonly pointer: Pointer;
  private readonly touch: Touch;
  private readonly wheel: Wheel;
  private readonly text: TextArea;
  private listening: AbortController | undefined;
  /** Whether touches act as a mouse. Without it they do nothing. */
  gestures = true;

  constructor(
    private readonly container: HTMLElement,
    surface: Surface,
    private readonly sender: InputSender,
    private readonly cursor: Cursor,
  ) {
    super();
    const system = currentSystem();
    this.keyboard = new Keyboard(sender, system);
    // Raw updates come as the device reports, not once a frame; only secure
    // contexts have them.
    const raw = 'onpointerrawupdate' in window;
    this.pointer = new Pointer(surface, sender, raw ? 'pointerrawupdate' : 'pointermove');
    this.touch = new Touch(this.pointer, sender, (at) => cursor.predict(at));
    this.wheel = new Wheel(system !== 'mac');
    this.text = new TextArea((edit) => this.typed(edit));
    container.append(this.text.element);
  }

  attach(): void {
    if (this.listening) return;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.listenToKeys(signal);
    this.listenToPointers(signal);
    const release = (): void => this.release();
    window.addEventListener('blur', release, { signal });
    window.addEventListener('pagehide', release, { signal });
    document.addEventListener('visibilitychange', () => document.hidden && this.release(), { signal });
    document.addEventListener('pointerlockchange', () => this.lockChanged(), { signal });
  }

  detach(): void {
    this.release();
    this.listening?.abort();
    this.listening = undefined;
  }

  /** Takes the keyboard's focus. */
  focus(): void {
    this.text.focus();
  }

  /** Lets go of everything that is down, here and on the host. */
  release(): void {
    this.keyboard.forget();
    this.pointer.forget();
    this.touch.forget();
    this.sender.release();
  }

  get mode(): KeyMode {
    return this.keyboard.mode;
  }

  set mode(mode: KeyMode) {
    if (mode === this.keyboard.mode) return;
    this.release();
    this.keyboard.mode = mode;
    this.emit('mode-change', mode);
  }

  get locked(): boolean {
    return this.pointer.locked;
  }

  /**
   * Locks the pointer to the picture, for games; the keyboard goes to game
   * mode with it. Must be called from a gesture. Raw motion, without the
   * system's acceleration, is not to be had everywhere.
   */
  async lockPointer(): Promise<void> {
    try {
      await this.container.requestPointerLock({ unadjustedMovement: true });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotSupportedError') throw error;
      await this.container.requestPointerLock();
    }
  }

  unlockPointer(): void {
    if (document.pointerLockElement === this.container) document.exitPointerLock();
  }

  /** Opens or closes a phone's on-screen keyboard; must be called from a gesture. */
  showKeyboard(show: boolean): void {
    this.text.showKeyboard(show);
    this.emit('keyboard-change', show);
  }

  get keyboardShown(): boolean {
    return this.text.keyboardShown;
  }

  private listenToKeys(signal: AbortSignal): void {
    this.container.addEventListener('keydown', (event) => {
      if (this.sender.may(InputLevel.Keyboard) && this.keyboard.down(event)) take(event);
    }, { signal });
    this.container.addEventListener('keyup', (event) => {
      if (this.keyboard.up(event)) take(event);
    }, { signal });
    this.text.element.addEventListener('blur', () => {
      this.release();
      if (this.text.keyboardShown) this.emit('keyboard-change', false);
    }, { signal });
  }

  private listenToPointers(signal: AbortSignal): void {
    const on = (name: string, handler: (event: PointerEvent) => void): void =>
      this.container.addEventListener(name, (event) => handler(event as PointerEvent), { signal });
    on('pointerdown', (event) => this.pressed(event));
    on('pointermove', (event) => this.moved(event));
    on('pointerup', (event) => this.moved(event));
    on('pointercancel', (event) => (event.pointerType === 'touch' ? this.touch.end(event) : this.release()));
    on('pointerenter', (event) => this.cursor.hover(event.pointerType !== 'touch'));
    on('pointerleave', () => this.cursor.hover(false));
    on('pointerrawupdate', (event) => event.pointerType !== 'touch' && this.moved(event));
    this.container.addEventListener('wheel', (event) => {
      if (!this.sender.may(InputLevel.Mouse)) return;
      event.preventDefault();
      this.keyboard.flush();
      const { dx, dy } = this.wheel.add(event);
      this.sender.wheel(dx, dy);
    }, { signal, passive: false });
    // Back and forward buttons, middle-click scrolling, drags and menus of
    // the browser's own would all act beside the host.
    for (const name of ['mousedown', 'mouseup', 'auxclick', 'contextmenu', 'dragstart']) {
      this.container.addEventListener(name, (event) => event.preventDefault(), { signal });
    }
  }

  private pressed(event: PointerEvent): void {
    const box = this.container.getBoundingClientRect();
    this.text.moveTo(event.clientX - box.left, event.clientY - box.top);
    this.focus();
    this.keyboard.reconcile(event);
    this.keyboard.flush();
    if (!this.pointer.locked) this.container.setPointerCapture(event.pointerId);
    if (event.pointerType !== 'touch') this.pointer.handle(event);
    else if (this.gestures) this.touch.start(event);
  }

  private moved(event: PointerEvent): void {
    if (event.pointerType === 'touch') {
      if (event.type === 'pointerup') this.touch.end(event);
      else this.touch.move(event);
      return;
    }
    this.pointer.handle(event);
    if (this.pointer.position) this.cursor.moved(this.pointer.position);
  }

  private typed({ erase, insert }: Edit): void {
    // A game took the keys of it already.
    if (this.mode === 'game' && !this.keyboardShown) return;
    const backspace = keycodes['Backspace'];
    const enter = keycodes['Enter'];
    for (let i = 0; i < erase && backspace; i++) this.keyboard.tap(backspace);
    insert.split('\n').forEach((line, i) => {
      if (i > 0 && enter) this.keyboard.tap(enter);
      if (line) this.sender.text(line);
    });
  }

  private lockChanged(): void {
    const locked = document.pointerLockElement === this.container;
    if (locked === this.pointer.locked) return;
    this.release();
    this.pointer.locked = locked;
    this.cursor.lock(locked);
    this.mode = locked ? 'game' : 'desktop';
    this.emit('lock-change', locked);
  }
}

function take(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
