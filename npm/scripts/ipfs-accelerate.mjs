// Generates dist/ipfs-accelerate.js, its variants and their types from ipfs-accelerate/calls.txt, and prints the sizes.
//
// With --golden it generates ipfs-accelerate/golden.txt instead: the expected request of each call.

import { mkdirSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { golden } from '../ipfs-accelerate/golden.mjs';
import { javascript } from '../ipfs-accelerate/javascript.mjs';
import { readTable } from '../ipfs-accelerate/table.mjs';
import { typings } from '../ipfs-accelerate/typings.mjs';

const table = readTable();
if (process.argv.includes('--golden')) {
  writeFileSync(new URL('../ipfs-accelerate/golden.txt', import.meta.url), golden(table));
} else {
  const dist = new URL('../dist/', import.meta.url);
  mkdirSync(dist, { recursive: true });
  const files = {
    'ipfs-accelerate.js': javascript(table, './mcp-autoheal.js'),
    'ipfs-accelerate.workerd.js': javascript(table, './mcp-autoheal.workerd.js'),
    'ipfs-accelerate.inline.js': javascript(table, './mcp-autoheal.inline.js'),
    'ipfs-accelerate.d.ts': typings(table),
  };
  console.log(`${'npm/dist, bytes'.padEnd(24)}      raw     gzip   brotli`);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(new URL(name, dist), text);
    const sizes = [Buffer.byteLength(text), gzipSync(text).length, brotliCompressSync(text).length];
    console.log(name.padEnd(24) + sizes.map((size) => String(size).padStart(9)).join(''));
  }
}
