// What the pages of all systems do in tests.

// once resolves with the next event, and fails with the first error before it.
const once = (emitter, event) => new Promise((resolve, reject) => {
	emitter.once(event, resolve);
	if (event !== 'error') emitter.once('error', (e) => reject(new Error(e.type + ': ' + e.message)));
});
async function until(condition) { while (!condition()) await new Promise((r) => setTimeout(r, 20)); }
// drawing is a stream of a picture that flickers.
function drawing(colour) {
	const canvas = document.createElement('canvas');
	canvas.width = canvas.height = 64;
	let n = 0;
	setInterval(() => {
		const c = canvas.getContext('2d');
		c.fillStyle = n++ % 2 ? colour : 'black';
		c.fillRect(0, 0, 64, 64);
	}, 40);
	return canvas.captureStream(25);
}
// playing resolves with a stream's width when five frames of it were shown.
async function playing(stream) {
	const video = document.createElement('video');
	video.muted = true;
	video.srcObject = stream;
	document.body.append(video);
	await video.play();
	await until(() => video.getVideoPlaybackQuality().totalVideoFrames >= 5);
	const width = video.videoWidth;
	video.remove();
	return width;
}
// bytes are n of them, and plain is a value as text, whatever its bytes are in.
const bytes = (n) => Uint8Array.from({length: n}, (_, i) => i * 7 % 251);
const plain = (v) => JSON.stringify(v, (_, x) => x instanceof ArrayBuffer ? [...new Uint8Array(x)] : ArrayBuffer.isView(x) ?
	[...new Uint8Array(x.buffer, x.byteOffset, x.byteLength)] : x);
