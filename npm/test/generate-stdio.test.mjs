// `generate` with servers that are started: how they answer, how they fail, and that they are gone afterwards.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { autoheal, HOSTILE, PACKAGE } from './generate/harness.mjs';

const against = (behaviour, ...options) => autoheal(['generate', ...options, '--', ...HOSTILE, behaviour]);

for (const [behaviour, className] of Object.entries({
  noisy: 'NoisyClient',
  asks: 'AsksClient',
  modern: 'NewClient',
})) {
  test(`a ${behaviour} server is understood`, async () => {
    const { code, stdout, stderr } = await against(behaviour);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^export class ${className} extends MCPClient \\{\n  only\\(`, 'm'));
  });
}

test('all pages of a list are taken', async () => {
  const { stdout } = await against('pages');
  assert.equal(stdout.match(/this\.callTool\('tool_\d+'/g).length, 40);
});

test('entries that are no tools are left out, and said', async () => {
  const { code, stdout, stderr } = await against('odd');
  assert.equal(code, 0);
  assert.deepEqual(stdout.match(/(?<=this\.callTool\()'.*?'/g), ["'good'"]);
  assert.match(stdout, /^export class ServerClient /m);
  assert.equal(stderr.match(/note: a tool without a name was left out/g).length, 5);
  assert.match(stderr, /note: the tool 'good' is listed twice; its first entry was taken/);
});

const failures = {
  exits: [/ended \(exit code 7\) before it answered/],
  loud: [/ended \(exit code 1\)/, /It wrote to stderr:\n  \\u001b\[2Jconfig\.json: no such file\n/],
  refuses: [/refused initialize: Nothing\\u001b\[31m here \(code -32601\); is it an MCP server\?/],
  wrong: [/answered tools\/list without a list of tools/],
  circle: [/goes round in circles: it gave the cursor 'again' twice/],
  endless: [/does not end: 10500 tools on 21 pages/],
};
for (const [behaviour, messages] of Object.entries(failures)) {
  test(`a server that ${behaviour} is a failure that says so`, async () => {
    const { code, stdout, stderr } = await against(behaviour);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    for (const message of messages) assert.match(stderr, message);
  });
}

test('a server that never answers is given up after the timeout', async () => {
  const { code, stderr } = await against('silent', '--timeout', '300');
  assert.equal(code, 1);
  assert.match(stderr, /did not answer initialize within 300 ms; give it longer with --timeout/);
});

test('a program that does not exist, and words in one pair of quotes', async () => {
  const missing = await autoheal(['generate', 'no-such-program-here']);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /cannot start no-such-program-here: there is no such program/);
  const quoted = await autoheal(['generate', 'node server.mjs']);
  assert.match(quoted.stderr, /write its words apart/);
});

test('a server behind a shell that ignores the end of its input and SIGTERM is gone all the same', async (t) => {
  const { port, connection } = await lifeline(t);
  // Like npx: a shell that waits for the server, which is not our own child then.
  const wrapped = ['sh', '-c', '"$0" "$@"; true', ...HOSTILE, 'stubborn', port];
  const { code } = await autoheal(['generate', '--', ...wrapped]);
  assert.equal(code, 0);
  await gone(await connection);
});

test('a signal to the command ends the server with it', async (t) => {
  const { port, connection } = await lifeline(t);
  const words = ['bin/mcp-autoheal.mjs', 'generate', '--', ...HOSTILE, 'stubborn', port];
  const child = spawn(process.execPath, words, { cwd: PACKAGE, stdio: 'ignore' });
  const server = await connection;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 143);
  await gone(server);
});

/** A port the server connects to: the connection lives as long as the server does. */
async function lifeline(t) {
  const listener = createServer().listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const connection = once(listener, 'connection').then(([socket]) => {
    t.after(() => socket.destroy());
    return socket.resume().on('error', () => {}); // a reset is an end too
  });
  return { port: String(listener.address().port), connection };
}

async function gone(socket) {
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
}
