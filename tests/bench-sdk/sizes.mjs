// The compressed sizes of the files that a page loads, and of the official client for comparison.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { build } from 'esbuild';

const OFFICIAL = "export { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';";
const BUNDLE = { bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false };

/** The official client as a bundle. */
export async function officialClient() {
  const stdin = { contents: OFFICIAL, resolveDir: import.meta.dirname };
  const { outputFiles } = await build({ ...BUNDLE, stdin, logLevel: 'error' });
  return outputFiles[0].contents;
}

/** The compressed sizes of the main entry with its imported scripts and its module, at the best levels. */
export async function measureSizes(dist, official) {
  const entry = join(dist, 'mcp-autoheal.js');
  // A bundler finds the imported scripts, so that code moved to another file still counts.
  const { metafile } = await build({ ...BUNDLE, entryPoints: [entry], metafile: true, logLevel: 'error' });
  const scripts = await Promise.all(Object.keys(metafile.inputs).map((path) => readFile(resolve(path))));
  const module = await readFile(join(dist, 'mcp-autoheal_bg.wasm'));
  const sum = (files, compressed) => files.reduce((total, file) => total + compressed(file), 0);
  return {
    brotli_total: sum([...scripts, module], brotli),
    brotli_js: sum(scripts, brotli),
    gzip_total: sum([...scripts, module], gzip),
    official_brotli: brotli(official),
  };
}

function brotli(bytes) {
  return brotliCompressSync(bytes).length; // quality 11 by default
}

function gzip(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}
