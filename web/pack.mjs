// Puts the npm package of the browser library together in a folder, which
// `npm pack` and `npm publish` take:
//
//	node pack.mjs ../bin/npm && npm publish ../bin/npm
//
// The bundle is the committed one; the types are made here, by tsc.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error('usage: node pack.mjs FOLDER');

const dist = join(out, 'dist');
const types = join(dist, 'types');
rmSync(dist, { recursive: true, force: true });
mkdirSync(types, { recursive: true });
const tsc = join(here, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.types.json'), '--outDir', types], { stdio: 'inherit' });

// The sources import without endings, which only bundlers resolve.
for (const name of readdirSync(types, { recursive: true })) {
  const path = join(types, name);
  if (!name.endsWith('.d.ts')) continue;
  const text = readFileSync(path, 'utf8').replace(/(from |import\()'(\.[^']*)'/g, "$1'$2.js'");
  writeFileSync(path, text);
}
const { scripts, devDependencies, ...published } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
writeFileSync(join(out, 'package.json'), JSON.stringify(published, null, 2) + '\n');
copyFileSync(join(here, 'static', 'dist', 'sdk.js'), join(dist, 'causeway.js'));
for (const name of ['sound-worker.js', 'sound-worklet.js']) copyFileSync(join(here, 'static', 'dist', name), join(dist, name));
copyFileSync(join(here, 'README.md'), join(out, 'README.md'));
copyFileSync(join(here, '..', 'LICENSE'), join(out, 'LICENSE'));
