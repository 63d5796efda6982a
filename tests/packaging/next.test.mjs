// Next.js with both of its bundlers: a client component and a route handler.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { outcomeOfGoodPage } from './browser.mjs';
import { assertWorks, pack, project } from './project.mjs';
import { startServer } from './server.mjs';

const run = promisify(execFile);
const installed = fileURLToPath(new URL('node_modules', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const NEXT = join(installed, 'next/dist/bin/next');
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };

const LAYOUT = `
  export const metadata = { icons: { icon: 'data:' } };
  export default ({ children }) => <html lang="en"><body>{children}</body></html>;
`;
const PAGE = `
  'use client';
  import { useEffect } from 'react';
  import * as mcp from 'mcp-autoheal';
  import { shop } from '../shop.js';
  export default function Page() {
    useEffect(() => {
      const server = new URLSearchParams(location.search).get('server');
      shop(mcp, server).then((outcome) => console.log('outcome', JSON.stringify(outcome)));
    }, []);
    return null;
  }
`;
const ROUTE = `
  import * as mcp from 'mcp-autoheal';
  import { shop } from '../../shop.js';
  export const GET = async (request) => Response.json(await shop(mcp, new URL(request.url).searchParams.get('server')));
`;
// The packages of the project are links into another folder, which Next.js must be allowed to read.
const CONFIG = `export default ${JSON.stringify({ turbopack: { root }, outputFileTracingRoot: root })};`;

let tarball;
before(async () => {
  ({ tarball } = await pack('next'));
});

for (const bundler of ['webpack', 'turbopack']) {
  test(`Next.js with ${bundler}: a page and a route handler work`, async (t) => {
    const home = await project(tarball, bundler, { 'next.config.mjs': CONFIG });
    for (const name of ['next', 'react', 'react-dom']) {
      await symlink(join(installed, name), join(home, 'node_modules', name));
    }
    await mkdir(join(home, 'app/api'), { recursive: true });
    for (const [file, text] of [['layout.jsx', LAYOUT], ['page.jsx', PAGE], ['api/route.js', ROUTE]]) {
      await writeFile(join(home, 'app', file), text);
    }
    await run(process.execPath, [NEXT, 'build', `--${bundler}`], { cwd: home, env, timeout: 120_000 }).catch(
      ({ stdout, stderr }) => assert.fail(stdout + stderr),
    );
    const next = spawn(process.execPath, [NEXT, 'start', '--port', '0', '--hostname', '127.0.0.1'], { cwd: home, env });
    t.after(() => next.kill());
    const lines = createInterface({ input: next.stdout });
    const origin = await new Promise((resolve, reject) => {
      lines.on('line', (line) => /http:\/\/127[\d.:]+/.test(line) && resolve(/http:\/\/127[\d.:]+/.exec(line)[0]));
      next.on('exit', () => reject(new Error('next start ended')));
    });
    for (const open of [
      async (server) => (await fetch(`${origin}/api?server=${server.origin}`)).json(),
      (server) => outcomeOfGoodPage(t, `${origin}/`, server),
    ]) {
      const server = await startServer(t);
      await assertWorks(await open(server), server);
    }
  });
}
