/** What a change to a text area means: how many characters to erase, and what to type. */
export interface Edit {
  readonly erase: number;
  readonly insert: string;
}

/** Finds the edit at the end of a text that turns `before` into `after`. Characters are code points. */
export function edit(before: string, after: string): Edit {
  const old = [...before];
  const now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  return { erase: old.length - same, insert: now.slice(same).join('') };
}

/** Filler that a phone's Backspace can erase: without it an empty area tells nothing. */
const filler = '_'.repeat(24);

/**
 * TextArea is the hidden text area in which dead keys, input methods and
 * on-screen keyboards compose. What appears in it is sent.
 *
 * An input method's unfinished text is not sent, as the host cannot show it
 * as such; but an on-screen keyboard calls every word unfinished until its
 * end, so while one is open, each change is sent as it happens.
 */
export class TextArea {
  readonly element: HTMLTextAreaElement;
  private seen = filler;
  private composing = false;
  private live = false;

  constructor(private readonly typed: (edit: Edit) => void) {
    this.element = document.createElement('textarea');
    const area = this.element;
    area.setAttribute('aria-label', 'Remote desktop: keyboard input');
    for (const name of ['autocomplete', 'autocorrect', 'autocapitalize']) area.setAttribute(name, 'off');
    area.spellcheck = false;
    area.tabIndex = 0;
    Object.assign(area.style, {
      position: 'absolute', left: '50%', top: '50%', width: '1px', height: '1em', padding: '0', border: '0',
      // iOS zooms the page to a focused field with smaller letters.
      fontSize: '16px', opacity: '0', resize: 'none', outline: 'none', overflow: 'hidden', pointerEvents: 'none',
      caretColor: 'transparent', whiteSpace: 'pre',
    });
    this.showKeyboard(false);
    area.addEventListener('compositionstart', () => (this.composing = true));
    area.addEventListener('compositionend', () => {
      this.composing = false;
      this.read();
      this.reset();
    });
    area.addEventListener('input', () => {
      if (!this.composing || this.live) this.read();
      if (!this.composing && area.value.length > 4 * filler.length) this.reset();
    });
    area.addEventListener('blur', () => {
      this.composing = false;
      this.reset();
    });
    this.reset();
  }

  /** Takes the keyboard's focus. Without `live` no on-screen keyboard appears. */
  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** Opens or closes the on-screen keyboard of a phone; must be called from a gesture. */
  showKeyboard(show: boolean): void {
    this.live = show;
    this.element.inputMode = show ? 'text' : 'none';
    if (!show) return;
    // The keyboard appears on a change of focus only.
    this.element.blur();
    this.focus();
  }

  get keyboardShown(): boolean {
    return this.live;
  }

  /** Puts the area, and with it an input method's window, near a place in the container. */
  moveTo(x: number, y: number): void {
    this.element.style.left = `${x}px`;
    this.element.style.top = `${y}px`;
  }

  private read(): void {
    const value = this.element.value;
    const change = edit(this.seen, value);
    this.seen = value;
    if (change.erase > 0 || change.insert) this.typed(change);
    if (value.length < filler.length && !this.composing) this.reset();
  }

  private reset(): void {
    this.seen = filler;
    this.element.value = filler;
    this.element.setSelectionRange(filler.length, filler.length);
  }
}
