// Measures the original on one packed value:
//
//	node binarypack.mjs NODE_MODULES FILE MILLISECONDS
//
// and prints how many times a second it packs and unpacks it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { pack, unpack } = createRequire(process.argv[2] + '/')('peerjs-js-binarypack');
const file = readFileSync(process.argv[3]);
const packed = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
const milliseconds = Number(process.argv[4]);

function rate(once) {
  for (let i = 0; i < 20; i++) once(); // until it is compiled
  let n = 0;
  const start = performance.now();
  while (performance.now() - start < milliseconds) {
    once();
    n++;
  }
  return (n * 1000) / (performance.now() - start);
}

const value = unpack(packed);
process.stdout.write(JSON.stringify({ pack: rate(() => pack(value)), unpack: rate(() => unpack(packed)) }));
