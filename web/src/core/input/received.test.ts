import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeButton, encodeKey, encodeMotion, encodeMove, encodeText } from '../wire';
import { InputLevel } from './level';
import { send, type OutgoingInput } from './outgoing';
import { InputReceiver } from './received';
import { InputSender } from './sender';

const examples = readFileSync(process.env['INPUT_PROTOCOL']!, 'utf8').split('## Examples')[1]!;

test('the protocol\'s examples are read', () => {
  const lines = [...examples.matchAll(/^ {4}\w+\s+((?:[0-9a-f]{2,} )*[0-9a-f]{2,})(?:\s{2,}|$)/gm)].map(([, bytes]) => bytes!.replaceAll(' ', ''));
  const receiver = new InputReceiver(InputLevel.All);
  const read = lines.flatMap((line) => receiver.receive(new Uint8Array(Buffer.from(line, 'hex')).buffer));
  assert.deepEqual(read, [
    { type: 'keyboard', code: 'KeyA', keycode: 0x41, action: 'down' },
    { type: 'keyboard', code: 'KeyA', keycode: 0x41, action: 'up' },
    { type: 'text', text: '€' },
    { type: 'mouse-click', button: 'left', action: 'down', x: 0x8000 / 65535, y: 1 },
    { type: 'mouse-click', button: 'forward', action: 'up' },
    { type: 'mouse-scroll', axis: 'vertical', delta: 1 },
    { type: 'release' },
  ] satisfies OutgoingInput[], 'the motion is older than the button, and dropped');
});

test('what is sent is received', () => {
  const receiver = new InputReceiver(InputLevel.All);
  const got: OutgoingInput[] = [];
  const outlet = {
    readyState: 'open', bufferedAmount: 0, send: (data: Uint8Array<ArrayBuffer>) => { got.push(...receiver.receive(data.slice().buffer)); },
  };
  const sender = new InputSender();
  sender.connect(outlet, outlet);
  sender.level = InputLevel.All;
  const inputs: OutgoingInput[] = [
    { type: 'mouse-absolute', x: 0, y: 1 }, { type: 'mouse-relative', dx: 5, dy: -7 }, { type: 'mouse-relative', dx: -2, dy: 1 },
    { type: 'mouse-click', button: 'right', action: 'down' }, { type: 'mouse-scroll', axis: 'horizontal', delta: -2 },
    { type: 'keyboard', code: 'F5', keycode: 0x74, action: 'down' }, { type: 'text', text: 'straße\n' }, { type: 'release' },
  ];
  for (const input of inputs) send(sender, input);
  assert.deepEqual(got, inputs);
  send(sender, { type: 'keyboard', keycode: 0x0d, action: 'up' });
  assert.deepEqual(got.at(-1), { type: 'keyboard', code: 'Enter', keycode: 0x0d, action: 'up' });
  for (const input of [{ type: 'gamepad-report' }, { type: 'keyboard', code: 'Any', action: 'up' }, { type: 'mouse-click', button: 'toString' }]) {
    assert.throws(() => send(sender, input as never), { code: 'unsupported' });
  }
});

test('a viewer does what its level permits, and late motion nothing', () => {
  const receiver = new InputReceiver(InputLevel.Mouse);
  assert.deepEqual(receiver.receive(encodeKey(30, true).buffer), []);
  assert.equal(receiver.receive(encodeMove(5, { x: 1, y: 1 }).buffer).length, 1);
  assert.equal(receiver.receive(encodeMove(4, { x: 2, y: 2 }).buffer).length, 0);
  receiver.receive(encodeButton(1, true, 9).buffer);
  assert.equal(receiver.receive(encodeMove(8, { x: 2, y: 2 }).buffer).length, 0);
  receiver.level = InputLevel.None;
  receiver.receive(encodeMotion(10, { x: 50, y: 0 }).buffer);
  receiver.level = InputLevel.Mouse;
  assert.deepEqual(receiver.receive(encodeMotion(11, { x: 51, y: 0 }).buffer), [{ type: 'mouse-relative', dx: 1, dy: 0 }]);
});

test('a message with a mistake is refused whole', () => {
  const receiver = new InputReceiver(InputLevel.All);
  const key = [...encodeKey(30, true)];
  for (const bad of [
    [], [0x99], [...key, 0x99], [...key, 0x01, 0x01], [...key, ...encodeText('x').slice(0, 3)], [0x02, 0, 1, 7], [0x02, 0, 2, 0xc3, 0x28],
    [0x01, 2, 0, 30], [0x03, 1, 5, 0, 0, 0, 0, 0, 0], [0x03, 1, 1, 0, 0],
  ]) assert.deepEqual(receiver.receive(new Uint8Array(bad).buffer), [], bad.join());
  assert.deepEqual(receiver.receive('text'), []);
  assert.deepEqual(receiver.receive(new ArrayBuffer(20_000)), []);
});
