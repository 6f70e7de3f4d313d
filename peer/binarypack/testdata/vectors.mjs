// Packs and unpacks with the original, for vectors.json:
//
//	node vectors.mjs NODE_MODULES
//
// A value is written as JSON, with what JSON lacks as {"$": KIND, …}.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const { pack, unpack } = createRequire(process.argv[2] + '/')('peerjs-js-binarypack');

const hex = (b) => Buffer.from(b).toString('hex');
// form is the wire form, or what identifies one that is long.
const form = (b) => (b.byteLength <= 600 ? { hex: hex(b) } : {
  head: hex(b.slice(0, 16)), length: b.byteLength, sha256: createHash('sha256').update(Buffer.from(b)).digest('hex'),
});
const long = (n) => ({ $: 'repeat', text: 'x', times: n });

// build makes the JavaScript value of a description.
function build(d) {
  if (Array.isArray(d)) return d.map(build);
  if (d === null || typeof d !== 'object') return d;
  switch (d.$) {
    case undefined: return Object.fromEntries(Object.entries(d).map(([k, v]) => [k, build(v)]));
    case 'undefined': return undefined;
    case 'bytes': return new Uint8Array(Buffer.from(d.hex, 'hex')).buffer;
    case 'date': return new Date(d.ms);
    case 'repeat': return d.text.repeat(d.times);
    case 'zeros': return new Uint8Array(d.times);
    case 'array': return new Array(d.times).fill(d.value);
    case 'map': return Object.fromEntries(Array.from({ length: d.times }, (_, i) => [`k${String(i).padStart(5, '0')}`, i]));
    case 'integer': return Number(d.text);
    default: return new globalThis[d.$](d.values.map((v) => (d.$.startsWith('Big') ? BigInt(v) : v)));
  }
}

// describe is the reverse, for what unpack returns.
function describe(v) {
  if (v === undefined) return { $: 'undefined' };
  if (v instanceof ArrayBuffer) return { $: 'bytes', hex: hex(v) };
  if (Array.isArray(v)) return v.map(describe);
  if (v !== null && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, describe(x)]));
  return v;
}

const integers = [];
for (const edge of [0, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 32, 5e9, 2 ** 52]) {
  for (const n of [edge - 1, edge, edge + 1]) integers.push(n, -n);
}

const values = [
  null, { $: 'undefined' }, true, false,
  ...new Set(integers.map((n) => n + 0 || 0)),
  { $: 'integer', text: '9007199254740992' }, { $: 'integer', text: '-9007199254740992' },
  { $: 'integer', text: '18446744073709549568' },
  0.5, -0.5, 0.1, 1 / 3, Math.PI, -Math.E, 8.1, 123456.789, 1e-7, 1e-300, 2.5e15,
  '', 'hi', 'fifteen letters', 'sixteen letters!', 'é', '日本語', '😀', 'a😀b', 'zero\u0000inside', long(255), long(65535), long(65536),
  { $: 'bytes', hex: '' }, { $: 'bytes', hex: '010203' }, { $: 'zeros', times: 15 }, { $: 'zeros', times: 16 }, { $: 'zeros', times: 65536 },
  { $: 'Uint8Array', values: [1, 255] }, { $: 'Int8Array', values: [-1, 1] }, { $: 'Uint16Array', values: [1, 65535] },
  { $: 'Int16Array', values: [-2, 2] }, { $: 'Uint32Array', values: [1, 4294967295] }, { $: 'Int32Array', values: [-3, 3] },
  { $: 'Float32Array', values: [1, -0.5] }, { $: 'Float64Array', values: [1, Math.PI] },
  { $: 'BigInt64Array', values: [-1, 1] }, { $: 'BigUint64Array', values: [1, 2] },
  { $: 'date', ms: 0 }, { $: 'date', ms: 1700000000123 }, { $: 'date', ms: -62135596800000 },
  [], [1, 'two', null, [3]], { $: 'array', times: 15, value: 1 }, { $: 'array', times: 16, value: true }, { $: 'array', times: 5000, value: 'x' },
  {}, { a: 1, b: [true, null, { $: 'undefined' }] }, { $: 'map', times: 15 }, { $: 'map', times: 16 }, { $: 'map', times: 3000 },
  { data: { $: 'bytes', hex: 'ff00' }, label: 'nested', list: [{ x: 1 }, { x: -1.25 }] },
];

// What only a reader meets.
const bytes = [
  'c1', 'd4', 'd5', 'd6', 'd7', 'ca3f800000', 'cac0490fdb', 'cf0000000000000001', 'cfffffffffffffffff',
  'd000', 'd10001', 'd200000001', 'd8000161', 'd90000000161', 'da000101', 'db0000000101', 'dc000101', 'dd0000000101',
  'de0001b16101', 'df00000001b16101', '810203', '82b16101b16102', '91c1', 'cb7ff0000000000000', 'cbfff0000000000000',
];

// chunks cuts a wire form as PeerJS does: 16300 bytes each, ids from 1.
function chunks(packed, id) {
  const total = Math.ceil(packed.byteLength / 16300);
  return Array.from({ length: total }, (_, n) => pack({ __peerData: id, n, data: packed.slice(n * 16300, (n + 1) * 16300), total }));
}

const split = [
  { id: 1, value: { $: 'zeros', times: 16298 } }, { id: 2, value: { $: 'zeros', times: 32597 } },
  { id: 300, value: { $: 'repeat', text: 'abc', times: 40000 } }, { id: 70000, value: { $: 'array', times: 4000, value: 0.25 } },
];

process.stdout.write('{\n"pack": [\n');
process.stdout.write(values.map((v) => JSON.stringify({ value: v, ...form(pack(build(v))) })).join(',\n'));
process.stdout.write('\n],\n"unpack": [\n');
process.stdout.write(bytes.map((b) => {
  const v = unpack(new Uint8Array(Buffer.from(b, 'hex')).buffer);
  return JSON.stringify({ hex: b, value: Number.isFinite(v) || typeof v !== 'number' ? describe(v) : { $: 'infinity', sign: Math.sign(v) } });
}).join(',\n'));
process.stdout.write('\n],\n"split": [\n');
process.stdout.write(split.map((s) => JSON.stringify({ ...s, messages: chunks(pack(build(s.value)), s.id).map(form) })).join(',\n'));
process.stdout.write('\n],\n"close": ');
process.stdout.write(JSON.stringify(hex(pack({ __peerData: { type: 'close' } }))) + '\n}\n');
