// Runs the bugs of the page in three browser engines, in two builds of a Vite and a webpack app, minified and not.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { startChromium } from '../engines/browsers/chromium.mjs';
import { startFirefox } from '../engines/browsers/firefox.mjs';
import { startWebKit } from '../engines/browsers/webkit.mjs';
import { numbers } from './numbers.mjs';

const ENGINES = { chromium: startChromium, firefox: startFirefox, webkit: startWebKit };
const require = createRequire(new URL('../packaging/package.json', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' };

/** Yields `{label, note, report}` for each bug, engine and build. */
export async function* pageRuns() {
  const directory = await mkdtemp(join(tmpdir(), 'grouping-pages-'));
  try {
    const apps = [];
    for (const bundler of ['vite', 'webpack']) {
      for (const minified of [true, false]) {
        for (const build of [1, 2]) apps.push(await buildApp(directory, bundler, minified, build));
      }
    }
    for (const [engine, start] of Object.entries(ENGINES)) {
      const browser = await start();
      try {
        for (const app of apps) yield* runsOf(app, engine, browser);
      } finally {
        await browser.close();
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function buildApp(directory, bundler, minified, build) {
  const name = `${bundler}-${minified ? 'min' : 'plain'}`;
  const source = join(directory, `${name}-${build}`);
  await cp(fileURLToPath(new URL('./page', import.meta.url)), source, { recursive: true });
  if (build === 2) await change(source);
  const output = join(source, 'dist');
  if (bundler === 'vite') {
    const { build: bundle } = await import(pathToFileURL(require.resolve('vite')));
    const options = { minify: minified, modulePreload: false, assetsDir: minified ? 'min' : 'plain' };
    await bundle({ root: source, logLevel: 'silent', configFile: false, build: options });
  } else {
    await bundleWithWebpack(source, output, minified);
  }
  return { name, build, output };
}

/** The change between two builds: a function more in each module, above all others. */
async function change(source) {
  for (const module of ['cart.js', 'orders.js']) {
    const path = join(source, module);
    const more = `export function ${module[0]}News(list) {\n  window.news = list.map((one) => one.title);\n}\n\n`;
    await writeFile(path, more + (await readFile(path, 'utf8')));
  }
  const main = join(source, 'main.js');
  const text = await readFile(main, 'utf8');
  const call = "setTimeout(() => (cart.cNews([{ title: 'a' }]), orders.oNews([{ title: 'b' }])));\n";
  await writeFile(main, text.replace('window.bugs', `${call}window.bugs`));
}

async function bundleWithWebpack(source, output, minified) {
  const webpack = require('webpack');
  const compiler = webpack({
    context: source,
    mode: minified ? 'production' : 'none',
    entry: './main.js',
    output: { path: output, filename: `${minified ? 'static-min' : 'static'}/main.[contenthash:8].js` },
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors()) throw new Error(stats.toString());
  const [file] = Object.keys(stats.compilation.assets);
  await writeFile(join(output, 'index.html'), `<!doctype html><title>Shop</title><script src="/${file}"></script>`);
}

async function* runsOf(app, engine, browser) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://any').pathname;
    try {
      const body = await readFile(join(app.output, path === '/' ? 'index.html' : path));
      response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  try {
    await browser.open(`${origin}/`);
    const bugs = await browser.evaluate('() => window.bugs', []);
    for (const bug of bugs) {
      const number = numbers.next().value;
      const error = await browser.evaluate('(bug, number) => window.run(bug, number)', [bug, number]);
      if (!error.message) throw new Error(`${app.name} ${bug} in ${engine}: ${JSON.stringify(error)}`);
      const text = (value) => (value ?? '').replaceAll(origin, 'https://shop.example');
      yield {
        // all apps call the same service
        label: bug === 'fetch' ? 'pages/fetch' : `${app.name}/${bug}`,
        note: `${engine} build ${app.build}`,
        report: { error_type: error.name, error_message: text(error.message), stack_trace: text(error.stack) },
      };
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
