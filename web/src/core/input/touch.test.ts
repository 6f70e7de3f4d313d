import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Touch } from './touch';

function touch() {
  const sent: string[] = [];
  const t = new Touch({ at: (x, y) => ({ x, y }) }, {
    move: ({ x, y }) => sent.push(`move ${x},${y}`),
    motion: () => {},
    button: (n, down, at) => sent.push(`${down ? '+' : '-'}${n} ${at?.x},${at?.y}`),
    wheel: (dx, dy) => sent.push(`wheel ${dx},${dy}`),
  });
  const finger = (pointerId: number, clientX: number, clientY: number, timeStamp: number) => ({ pointerId, clientX, clientY, timeStamp });
  return { t, finger, said: () => sent.splice(0).join(' | ') };
}

test('a tap clicks where it is', () => {
  const { t, finger, said } = touch();
  t.start(finger(1, 50, 60, 0));
  t.move(finger(1, 53, 61, 30));
  t.end(finger(1, 53, 61, 80));
  assert.equal(said(), '+1 50,60 | -1 50,60');
});

test('a finger that stays is a right click', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { t, finger, said } = touch();
    t.start(finger(1, 50, 60, 0));
    mock.timers.tick(600);
    t.end(finger(1, 50, 60, 650));
    assert.equal(said(), '+3 50,60 | -3 50,60');
  } finally {
    mock.timers.reset();
  }
});

test('a finger that moves takes the pointer along', () => {
  const { t, finger, said } = touch();
  t.start(finger(1, 50, 60, 0));
  t.move(finger(1, 80, 60, 30));
  t.move(finger(1, 90, 60, 50));
  t.end(finger(1, 90, 60, 80));
  assert.equal(said(), 'move 80,60 | move 90,60');
});

test('tap, then hold and move, drags', () => {
  const { t, finger, said } = touch();
  t.start(finger(1, 50, 60, 0));
  t.end(finger(1, 50, 60, 80));
  t.start(finger(1, 52, 60, 200));
  t.move(finger(1, 90, 60, 600));
  t.end(finger(1, 95, 60, 700));
  assert.equal(said(), '+1 50,60 | -1 50,60 | +1 52,60 | move 90,60 | -1 90,60');
});

test('two taps are a double click', () => {
  const { t, finger, said } = touch();
  for (const at of [0, 150]) {
    t.start(finger(1, 50, 60, at));
    t.end(finger(1, 50, 60, at + 60));
  }
  assert.equal(said(), '+1 50,60 | -1 50,60 | +1 50,60 | -1 50,60');
});

test('two fingers scroll, and the picture follows them', () => {
  const { t, finger, said } = touch();
  t.start(finger(1, 50, 60, 0));
  t.start(finger(2, 90, 60, 10));
  t.move(finger(1, 50, 110, 40));
  t.move(finger(2, 90, 110, 41));
  t.end(finger(1, 50, 110, 80));
  t.end(finger(2, 90, 110, 90));
  assert.equal(said(), 'wheel 0,-60 | wheel 0,-60');
});

test('two fingers that tap are a right click', () => {
  const { t, finger, said } = touch();
  t.start(finger(1, 50, 60, 0));
  t.start(finger(2, 90, 60, 10));
  t.end(finger(1, 50, 60, 80));
  t.end(finger(2, 90, 60, 90));
  assert.equal(said(), '+3 50,60 | -3 50,60');
});
