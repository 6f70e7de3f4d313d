// What the tests of the browser library share. Each test is a script that
// awaits things and returns what the Go side compares.
import sdk, * as all from '/sdk/causeway.js';

Object.assign(window, { sdk, ...all });

const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
let count = 0;

/** A connection under an id of its own. */
window.open = (options = {}) => connect({ url, id: `p${++count}-${Math.random().toString(36).slice(2, 8)}`, ...options });

/** What an event brings, the first that passes. */
window.next = (emitter, name, passes = () => true) => new Promise((resolve) => {
  const undo = emitter.on(name, (detail) => {
    if (!passes(detail)) return;
    undo();
    resolve(detail);
  });
});

/** Resolves when a condition holds; asks again and again, as some things tell nobody. */
window.until = async (condition, what = String(condition)) => {
  for (let i = 0; i < 1200; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within a minute: ${what}`);
};

/** The error that a promise rejects with, as "code: message". */
window.failure = (promise) => promise.then(() => 'no failure', (error) => `${error.code}: ${error.message}`);

/** A host that accepts everybody, and a viewer connected to it. */
window.pair = async ({ accept, ...options } = {}, host = open({ externalId: 'the host' })) => {
  const came = next(host, 'peer-request').then((request) => request.accept(accept));
  const viewer = open({ externalId: 'a viewer' });
  const toHost = await viewer.connect(host.id, options);
  return { host, viewer, toHost, toViewer: await came };
};

/** A stream of a canvas that changes all the time; paint stops it. */
window.canvas = (width = 320, height = 240) => {
  const element = document.createElement('canvas');
  Object.assign(element, { width, height });
  const context = element.getContext('2d');
  let n = 0;
  const paint = () => {
    context.fillStyle = `hsl(${n++ % 360} 80% 50%)`;
    context.fillRect(0, 0, width, height);
  };
  paint();
  setInterval(paint, 50);
  return element.captureStream();
};

/** Puts a stream into the page and waits until it shows frames that change. */
window.plays = async (stream, frames = 3) => {
  document.body.append(stream.container);
  Object.assign(stream.container.style, { width: '320px', height: '240px' });
  await until(() => stream.hasPicture, `a picture of ${stream.id}`);
  const shown = () => stream.video.getVideoPlaybackQuality().totalVideoFrames;
  const before = shown();
  await until(() => shown() >= before + frames, `frames of ${stream.id}`);
  return [stream.video.videoWidth, stream.video.videoHeight];
};

window.bytes = (length) => Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
window.same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
window.ready = true;
