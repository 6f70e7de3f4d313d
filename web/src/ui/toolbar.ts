import { InputLevel, type Microphone, type WatchedPeer } from '../core/index';
import { button, el, relabel } from './dom';
import { monitorMenu, showChoice } from './monitors';

/** How long, in ms, the toolbar stays after the pointer left it, and at first. */
const linger = 1200;
const greeting = 3500;

export interface ToolbarActions {
  fullscreen(): void;
  game(): void;
  sound(): void;
  microphone(): void;
  keyboard(): void;
  fit(): void;
  stats(): void;
}

/** Toolbar hides at the top edge until the pointer comes there, its handle is touched, or focus enters it. */
export class Toolbar {
  readonly element = el('nav', 'toolbar');
  private readonly buttons: Record<keyof ToolbarActions, HTMLButtonElement>;
  private readonly dot = el('span', 'dot');
  private readonly monitors: HTMLSelectElement;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly peer: WatchedPeer, private readonly microphone: Microphone, actions: ToolbarActions) {
    this.buttons = {
      keyboard: button('Show the keyboard', 'keyboard', actions.keyboard),
      sound: button('Turn sound off', 'sound', actions.sound),
      microphone: button('Speak to the desktop', 'microphone', actions.microphone),
      game: button('Game mode: lock the pointer', 'game', actions.game),
      fit: button('Fit the desktop to this window', 'fit', actions.fit),
      stats: button('Show statistics (Ctrl+Alt+Shift+S)', 'stats', actions.stats),
      fullscreen: button('Full screen', 'fullscreen', actions.fullscreen),
    };
    this.buttons.keyboard.classList.add('touch-only');
    this.buttons.game.classList.add('mouse-only');
    this.monitors = monitorMenu((name) => peer.stream.showMonitor(name));
    const bar = el('div', 'bar', el('span', 'name', this.dot, peer.id), this.monitors, ...Object.values(this.buttons));
    const handle = button('Show the toolbar', undefined, () => this.show(greeting));
    handle.className = 'handle';
    handle.replaceChildren();
    handle.tabIndex = -1;
    this.element.setAttribute('aria-label', 'Remote desktop');
    this.element.append(bar, handle);
    // A press beside a button must not take the keyboard from the desktop.
    this.element.addEventListener('mousedown', (event) => {
      if (event.target !== this.monitors) event.preventDefault(); // else a menu does not open
    });
    this.element.addEventListener('pointerenter', () => this.show());
    this.element.addEventListener('pointerleave', () => this.show(linger));
    this.element.addEventListener('focusin', () => this.show());
    this.element.addEventListener('focusout', () => this.show(linger));
    peer.addEventListener('connection-state-change', () => this.update());
    peer.stream.addEventListener('shape', () => this.update());
    peer.stream.addEventListener('permissions-change', () => this.update());
    peer.stream.addEventListener('sound', () => this.update());
    peer.stream.devices.addEventListener('lock-change', () => this.update());
    peer.stream.devices.addEventListener('keyboard-change', () => this.update());
    microphone.on('change', () => this.update());
    document.addEventListener('fullscreenchange', () => this.update());
    this.show(greeting);
  }

  /** Shows the toolbar, for a time or until the pointer or focus leaves it. */
  show(time?: number): void {
    clearTimeout(this.timer);
    this.element.classList.add('shown');
    if (time !== undefined) this.timer = setTimeout(() => this.element.classList.remove('shown'), time);
  }

  /** Puts the focus on the first button, for those who use no pointer. */
  focus(): void {
    this.show();
    [...this.element.querySelectorAll<HTMLButtonElement>('.bar button')].find((b) => b.offsetParent)?.focus();
  }

  /** Marks the statistics as open or not. */
  markStats(shown: boolean): void {
    this.mark('stats', shown, shown ? 'Hide statistics (Ctrl+Alt+Shift+S)' : 'Show statistics (Ctrl+Alt+Shift+S)');
  }

  update(): void {
    const { state, stream } = this.peer;
    this.dot.dataset['state'] = state;
    this.dot.title = state;
    const on = stream.sound === 'on';
    relabel(this.buttons.sound, on ? 'Turn sound off' : 'Turn sound on', on ? 'sound' : 'muted');
    this.buttons.microphone.hidden = !this.microphone.permitted;
    const speaking = this.microphone.active;
    this.mark('microphone', speaking, speaking ? 'Stop speaking to the desktop' : 'Speak to the desktop');
    const mayShape = (stream.permissions & InputLevel.Mouse) !== 0;
    showChoice(this.monitors, stream.shape, mayShape);
    this.buttons.fit.hidden = !stream.shape.resizable || !mayShape;
    this.mark('fit', stream.followsSize, stream.followsSize ? 'Give the desktop its size back' : 'Fit the desktop to this window');
    const full = document.fullscreenElement !== null;
    relabel(this.buttons.fullscreen, full ? 'Leave full screen' : 'Full screen', full ? 'window' : 'fullscreen');
    this.mark('game', stream.devices.mode === 'game', 'Game mode: lock the pointer');
    const keyboard = stream.devices.keyboardShown;
    this.mark('keyboard', keyboard, keyboard ? 'Hide the keyboard' : 'Show the keyboard');
  }

  private mark(name: keyof ToolbarActions, pressed: boolean, label: string): void {
    relabel(this.buttons[name], label);
    this.buttons[name].setAttribute('aria-pressed', String(pressed));
  }
}
