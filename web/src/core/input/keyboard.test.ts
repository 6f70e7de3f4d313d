import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Keyboard, type KeyMode, type KeyStroke } from './keyboard';
import type { System } from './layout';

type Held = Partial<Record<'ctrl' | 'alt' | 'meta' | 'shift' | 'altgr' | 'repeat' | 'composing', boolean>>;

function stroke(key: string, code: string, held: Held = {}): KeyStroke {
  return {
    key, code, keyCode: held.composing ? 229 : 0, repeat: held.repeat ?? false, isComposing: held.composing ?? false,
    ctrlKey: held.ctrl ?? false, altKey: held.alt ?? false, metaKey: held.meta ?? false, shiftKey: held.shift ?? false,
    getModifierState: (name) => name === 'AltGraph' && (held.altgr ?? false),
  };
}

/** A keyboard whose sink writes down what it gets: "+30" down, "-30" up, and the text itself. */
function keyboard(system: System = 'other', mode: KeyMode = 'desktop') {
  const sent: string[] = [];
  const board = new Keyboard({
    key: (code, down) => sent.push(`${down ? '+' : '-'}${code}`),
    text: (text) => sent.push(`"${text}"`),
  }, system);
  board.mode = mode;
  const press = (key: string, code: string, held?: Held): boolean => board.down(stroke(key, code, held));
  const lift = (key: string, code: string, held?: Held): boolean => board.up(stroke(key, code, held));
  return { board, press, lift, said: () => sent.splice(0).join(' ') };
}

test('desktop: a letter is text, by the viewer\'s layout', () => {
  const { press, lift, said } = keyboard();
  assert.ok(press('z', 'KeyY')); // German: the key right of T
  lift('z', 'KeyY');
  press('ß', 'Minus');
  press('я', 'KeyZ');
  press('😀', '');
  press(' ', 'Space');
  assert.equal(said(), '"z" "ß" "я" "😀" " "');
});

test('desktop: text repeats, keys do not', () => {
  const { press, lift, said } = keyboard();
  press('a', 'KeyA');
  press('a', 'KeyA', { repeat: true });
  press('ArrowLeft', 'ArrowLeft');
  assert.ok(press('ArrowLeft', 'ArrowLeft', { repeat: true }), 'a repeat is still kept from the browser');
  lift('ArrowLeft', 'ArrowLeft');
  assert.equal(said(), '"a" "a" +105 -105');
});

test('desktop: Shift is a key, and what it makes is text', () => {
  const { press, lift, said } = keyboard();
  press('Shift', 'ShiftLeft', { shift: true });
  press('A', 'KeyA', { shift: true });
  press('ArrowRight', 'ArrowRight', { shift: true });
  lift('ArrowRight', 'ArrowRight', { shift: true });
  lift('Shift', 'ShiftLeft');
  assert.equal(said(), '+42 "A" +106 -106 -42');
});

test('desktop: a shortcut means the letter printed on the key', () => {
  const { press, lift, said } = keyboard();
  press('Control', 'ControlLeft', { ctrl: true });
  press('z', 'KeyY', { ctrl: true }); // German
  lift('z', 'KeyY', { ctrl: true });
  press('c', 'KeyI', { ctrl: true }); // Dvorak
  lift('c', 'KeyI', { ctrl: true });
  press('с', 'KeyC', { ctrl: true }); // Russian: no Latin letter, so its place
  lift('с', 'KeyC', { ctrl: true });
  press('&', 'Digit1', { ctrl: true }); // French, without Shift
  lift('&', 'Digit1', { ctrl: true });
  lift('Control', 'ControlLeft');
  assert.equal(said(), '+29 +44 -44 +46 -46 +46 -46 +2 -2 -29');
});

test('desktop: a key that went down as one is let go as the same', () => {
  const { press, lift, said } = keyboard();
  press('Control', 'ControlLeft', { ctrl: true });
  press('z', 'KeyY', { ctrl: true });
  lift('Control', 'ControlLeft');
  lift('z', 'KeyY');
  assert.equal(said(), '+29 +44 -29 -44');
});

test('desktop: AltGr makes text and is not sent', () => {
  const { press, lift, said } = keyboard();
  assert.ok(press('AltGraph', 'AltRight', { altgr: true }));
  press('€', 'KeyE', { altgr: true });
  lift('€', 'KeyE', { altgr: true });
  lift('AltGraph', 'AltRight');
  assert.equal(said(), '"€"');
});

test('desktop on Windows: the Control that AltGr fakes is not sent', () => {
  const { press, lift, said } = keyboard('windows');
  press('Control', 'ControlLeft', { ctrl: true });
  press('AltGraph', 'AltRight', { ctrl: true, alt: true, altgr: true });
  press('@', 'KeyQ', { ctrl: true, alt: true, altgr: true });
  lift('@', 'KeyQ', { ctrl: true, alt: true, altgr: true });
  lift('Control', 'ControlLeft', { alt: true });
  lift('AltGraph', 'AltRight');
  assert.equal(said(), '"@"');
});

test('desktop on Windows: a real Control is sent with what follows it, or after a moment', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { press, lift, said } = keyboard('windows');
    press('Control', 'ControlLeft', { ctrl: true });
    assert.equal(said(), '');
    press('c', 'KeyC', { ctrl: true });
    assert.equal(said(), '+29 +46');
    lift('c', 'KeyC', { ctrl: true });
    lift('Control', 'ControlLeft');
    said();
    press('Control', 'ControlLeft', { ctrl: true });
    mock.timers.tick(50);
    assert.equal(said(), '+29');
    lift('Control', 'ControlLeft');
    press('Control', 'ControlLeft', { ctrl: true });
    lift('Control', 'ControlLeft');
    assert.equal(said(), '-29 +29 -29');
  } finally {
    mock.timers.reset();
  }
});

test('desktop on a Mac: Option makes text; with an arrow it is Alt', () => {
  const { press, lift, said } = keyboard('mac');
  press('Alt', 'AltLeft', { alt: true });
  press('@', 'KeyL', { alt: true });
  lift('@', 'KeyL', { alt: true });
  lift('Alt', 'AltLeft');
  assert.equal(said(), '"@"');
  press('Alt', 'AltLeft', { alt: true });
  press('ArrowLeft', 'ArrowLeft', { alt: true });
  lift('ArrowLeft', 'ArrowLeft', { alt: true });
  lift('Alt', 'AltLeft');
  assert.equal(said(), '+56 +105 -105 -56');
});

test('desktop on a Mac: keys under Command let go at once, as their keyup never comes', () => {
  const { press, lift, said } = keyboard('mac');
  press('Meta', 'MetaLeft', { meta: true });
  press('c', 'KeyC', { meta: true });
  lift('Meta', 'MetaLeft');
  assert.equal(said(), '+125 +46 -46 -125');
});

test('desktop: dead keys and input methods are left to the text area', () => {
  const { press, said } = keyboard();
  assert.equal(press('Dead', 'Equal'), false);
  assert.equal(press('Process', 'KeyA', { composing: true }), false);
  assert.equal(press('é', 'KeyE'), true); // what the dead key made
  assert.equal(said(), '"é"');
});

test('game: a dead key goes up although its keyup is kept back', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { press, lift, said } = keyboard('other', 'game');
    assert.ok(press('Dead', 'BracketLeft'));
    assert.equal(said(), '+26');
    mock.timers.tick(100);
    assert.equal(said(), '-26');
    press('Process', 'KeyE', { composing: true });
    lift('Dead', 'BracketLeft');
    mock.timers.tick(1000);
    assert.equal(said(), '+18'); // an ordinary key stays down for as long as it is held
  } finally {
    mock.timers.reset();
  }
});

test('desktop: locks stay here, and the numpad follows this side\'s Num Lock', () => {
  const { press, lift, said } = keyboard();
  press('CapsLock', 'CapsLock');
  press('NumLock', 'NumLock');
  press('7', 'Numpad7');
  press('Home', 'Numpad7');
  lift('Home', 'Numpad7');
  press('Enter', 'NumpadEnter');
  lift('Enter', 'NumpadEnter');
  assert.equal(said(), '"7" +102 -102 +96 -96');
});

test('a phone\'s keys without a code go by name', () => {
  const { press, lift, said } = keyboard();
  press('Enter', '');
  lift('Enter', '');
  assert.equal(press('Unidentified', '', { composing: true }), false);
  assert.equal(said(), '+28 -28');
});

test('a modifier whose keyup the system kept is let go at the next key', () => {
  const { press, said } = keyboard();
  press('Alt', 'AltLeft', { alt: true });
  press('a', 'KeyA');
  assert.equal(said(), '+56 -56 "a"');
});

test('X11 reports Alt pressed after Shift as Meta: both stay down', () => {
  const { press, said } = keyboard();
  press('Shift', 'ShiftLeft', { shift: true });
  press('Meta', 'AltLeft', { shift: true, meta: true });
  press('Tab', 'Tab', { shift: true, meta: true });
  assert.equal(said(), '+42 +56 +15');
});

test('game: every key by its place, whatever it prints', () => {
  const { press, lift, said } = keyboard('other', 'game');
  press('z', 'KeyY');
  press('z', 'KeyY', { repeat: true });
  press('AltGraph', 'AltRight', { altgr: true });
  press('Dead', 'Equal');
  press('CapsLock', 'CapsLock');
  lift('z', 'KeyY');
  assert.equal(said(), '+21 +100 +13 +58 -21');
});

test('a change of mode forgets what was down', () => {
  const { board, press, lift, said } = keyboard();
  press('Shift', 'ShiftLeft', { shift: true });
  board.mode = 'game';
  said();
  assert.equal(lift('Shift', 'ShiftLeft'), false);
  assert.equal(said(), '');
});
