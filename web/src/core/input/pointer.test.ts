import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentBox, fraction, locate, pixel, place } from './geometry';
import { InputLevel } from './level';
import { Pointer, type PointerLike } from './pointer';
import { InputSender } from './sender';
import { steps, Wheel } from './wheel';

const picture = { width: 1280, height: 720 };

test('every pixel comes back from its fraction', () => {
  for (const count of [1, 2, 3, 719, 720, 1280, 1920, 3840, 65535]) {
    for (let p = 0; p < count; p += Math.max(1, count >> 10)) {
      assert.equal(pixel(fraction(p, count), count), p, `${p} of ${count}`);
    }
  }
  assert.equal(fraction(0, 1280), 0);
  assert.equal(fraction(1279, 1280), 65535);
});

test('a picture at 1:1 is exact, at any device pixel ratio', () => {
  for (const ratio of [1, 1.1, 1.25, 1.5, 1.75, 2, 3]) {
    const box = { left: 0, top: 0, width: 1280 / ratio, height: 720 / ratio };
    for (let p = 0; p < 1280; p++) {
      assert.equal(pixel(locate(p / ratio, 0, box, picture).x, 1280), p, `pixel ${p} at ${ratio}`);
    }
  }
});

test('letter boxes are outside of the picture, and clamp to its edge', () => {
  const box = contentBox({ left: 0, top: 0, width: 1280, height: 1000 }, picture);
  assert.deepEqual(box, { left: 0, top: 140, width: 1280, height: 720 });
  assert.deepEqual(locate(0, 0, box, picture), { x: 0, y: 0 });
  assert.deepEqual(locate(1279, 859, box, picture), { x: 65535, y: 65535 });
  assert.deepEqual(locate(5000, 999, box, picture), { x: 65535, y: 65535 });
  assert.deepEqual(contentBox({ left: 10, top: 0, width: 2000, height: 720 }, picture), { left: 370, top: 0, width: 1280, height: 720 });
  assert.deepEqual(place({ x: 65535, y: 0 }, box, picture), { x: 1279, y: 140 });
});

test('a picture that covers its element, or has its own size, may exceed it', () => {
  const element = { left: 0, top: 0, width: 640, height: 720 };
  assert.deepEqual(contentBox(element, picture, 'cover'), { left: -320, top: 0, width: 1280, height: 720 });
  assert.deepEqual(contentBox(element, picture, 'actual'), { left: -320, top: 0, width: 1280, height: 720 });
  assert.deepEqual(contentBox(element, { width: 100, height: 100 }, 'actual'), { left: 270, top: 310, width: 100, height: 100 });
});

function pointer() {
  const sent: string[] = [];
  const p = new Pointer({ content: () => ({ left: 0, top: 0, width: 1280, height: 720 }), picture: () => picture }, {
    move: ({ x, y }) => sent.push(`move ${pixel(x, 1280)},${pixel(y, 720)}`),
    motion: (dx, dy) => sent.push(`by ${dx},${dy}`),
    button: (n, down, at) => sent.push(`${down ? '+' : '-'}${n}${at ? ` ${pixel(at.x, 1280)},${pixel(at.y, 720)}` : ''}`),
    wheel: () => {},
  }, 'pointerrawupdate');
  const event = (type: string, x: number, y: number, buttons = 0, dx = 0, dy = 0): void =>
    p.handle({ type, clientX: x, clientY: y, movementX: dx, movementY: dy, buttons } satisfies PointerLike);
  return { p, event, said: () => sent.splice(0).join(' | ') };
}

test('motion is sent once a place, and a button brings its own', () => {
  const { event, said } = pointer();
  event('pointerrawupdate', 10, 20);
  event('pointermove', 10, 20);
  event('pointerdown', 11, 20, 1);
  event('pointermove', 12, 20, 1);
  event('pointerup', 12, 20, 0);
  assert.equal(said(), 'move 10,20 | +1 11,20 | move 12,20 | -1 12,20');
});

test('each button has the wire\'s number, also a second one while the first is down', () => {
  const { event, said } = pointer();
  event('pointerdown', 0, 0, 1);
  event('pointermove', 0, 0, 3);
  event('pointermove', 0, 0, 2);
  event('pointerup', 0, 0, 0);
  for (const bit of [4, 8, 16]) {
    event('pointerdown', 0, 0, bit);
    event('pointerup', 0, 0, 0);
  }
  assert.equal(said().replaceAll(' 0,0', ''), '+1 | +3 | -1 | -3 | +2 | -2 | +8 | -8 | +9 | -9');
});

test('a press that began elsewhere is not ours', () => {
  const { event, said } = pointer();
  event('pointermove', 5, 5, 1);
  event('pointermove', 6, 5, 0);
  assert.equal(said(), 'move 5,5 | move 6,5');
});

test('a locked pointer sends motion, and buttons without a place', () => {
  const { p, event, said } = pointer();
  p.locked = true;
  event('pointerrawupdate', 0, 0, 0, 3, -4);
  event('pointermove', 0, 0, 0, 3, -4); // the same again
  event('pointerdown', 0, 0, 1);
  assert.equal(said(), 'by 3,-4 | +1');
});

test('sums of motion wrap at 32 bits, and begin anew with a connection', () => {
  const out: Uint8Array[] = [];
  const channel = () => ({ readyState: 'open', bufferedAmount: 0, send: (data: Uint8Array) => void out.push(data) });
  const sender = new InputSender();
  sender.level = InputLevel.Mouse;
  sender.connect(channel(), channel());
  sender.motion(0x7fffffff, 0.4);
  sender.motion(1, 0.4);
  const view = new DataView(out[1]!.buffer);
  assert.deepEqual([view.getUint16(1), view.getInt32(3), view.getInt32(7)], [2, -0x80000000, 1]);
  sender.connect(channel(), channel());
  sender.motion(5, 5);
  const first = new DataView(out[2]!.buffer);
  assert.deepEqual([first.getUint16(1), first.getInt32(3)], [1, 5]);
});

test('what the host does not permit is not sent', () => {
  let sent = 0;
  const channel = { readyState: 'open', bufferedAmount: 0, send: () => void sent++ };
  const sender = new InputSender();
  sender.connect(channel, channel);
  sender.level = InputLevel.Keyboard;
  sender.move({ x: 1, y: 1 });
  sender.button(1, true);
  sender.wheel(0, 120);
  assert.equal(sent, 0);
  sender.key(30, true);
  sender.text('a');
  assert.equal(sent, 2);
});

test('a notch of the wheel is 120, as mice and browsers differ', () => {
  assert.equal(steps(100, 0, -120), 120); // Chromium on Windows
  assert.equal(steps(120, 0, -120), 120); // Chromium on Linux
  assert.equal(steps(-53, 0, 120), -120); // with the page zoomed
  assert.equal(steps(100, 0), 120);
  assert.equal(steps(3, 1), 120); // Firefox, in lines
  assert.equal(steps(1, 2), 360);
  assert.equal(steps(40, 0, -120), 48); // a touch pad: three times its pixels
});

test('slow scrolling adds up', () => {
  const wheel = new Wheel(true);
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    sum += wheel.add({ deltaX: 0, deltaY: 0.3, deltaMode: 0, shiftKey: false }).dy;
  }
  assert.ok(Math.abs(sum - 360) <= 1, `${sum}`);
});

test('Shift+wheel goes as the wheel: the host has the Shift', () => {
  const wheel = new Wheel(true);
  assert.deepEqual(wheel.add({ deltaX: 120, deltaY: 0, deltaMode: 0, shiftKey: true }), { dx: 0, dy: 120 });
});
