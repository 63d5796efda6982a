// `generate` with servers that it starts: their responses, their failures, and their end.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { autoheal, HOSTILE, PACKAGE } from './generate/harness.mjs';

const generateFrom = (behaviour, ...options) => autoheal(['generate', ...options, '--', ...HOSTILE, behaviour]);

for (const [behaviour, className] of Object.entries({
  noisy: 'NoisyClient',
  requesting: 'RequestingClient',
  modern: 'NewClient',
})) {
  test(`a client is generated from the ${behaviour} server`, async () => {
    const { code, stdout, stderr } = await generateFrom(behaviour);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^export class ${className} extends MCPClient \\{\n  only\\(`, 'm'));
  });
}

test('the module has the tools of all pages of the list', async () => {
  const { stdout } = await generateFrom('pages');
  assert.equal(stdout.match(/this\.callTool\('tool_\d+'/g).length, 40);
});

test('entries that are not tools are left out, with a note for each', async () => {
  const { code, stdout, stderr } = await generateFrom('odd');
  assert.equal(code, 0);
  assert.deepEqual(stdout.match(/(?<=this\.callTool\()'.*?'/g), ["'good'"]);
  assert.match(stdout, /^export class ServerClient /m);
  assert.equal(stderr.match(/note: a tool without a name was left out/g).length, 5);
  assert.match(stderr, /note: the tool 'good' is listed twice; only its first entry is used/);
});

const failures = {
  exits: [/ended \(exit code 7\) before it responded/],
  loud: [/ended \(exit code 1\)/, /It wrote to stderr:\n  \\u001b\[2Jconfig\.json: no such file\n/],
  refuses: [/refused initialize: Nothing\\u001b\[31m here \(code -32601\); is it an MCP server\?/],
  wrong: [/responded to tools\/list without a list of tools/],
  circle: [/repeats itself: it returned the cursor 'again' twice/],
  endless: [/does not end: 10500 tools on 21 pages/],
};
for (const [behaviour, messages] of Object.entries(failures)) {
  test(`the command fails and names the reason: the ${behaviour} server`, async () => {
    const { code, stdout, stderr } = await generateFrom(behaviour);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    for (const message of messages) assert.match(stderr, message);
  });
}

test('the command fails after the timeout if the server never responds', async () => {
  const { code, stderr } = await generateFrom('silent', '--timeout', '300');
  assert.equal(code, 1);
  assert.match(stderr, /did not respond to initialize within 300 ms; set a longer --timeout/);
});

test('a program that cannot be started is reported with the likely mistake', async () => {
  const missing = await autoheal(['generate', 'no-such-program-here']);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /cannot start no-such-program-here: there is no such program/);
  const quoted = await autoheal(['generate', 'node server.mjs']);
  assert.match(quoted.stderr, /as separate words/);
});

test('a server behind a shell is ended even if it ignores the end of its input and SIGTERM', async (t) => {
  const { port, connection } = await connectionOfServer(t);
  // Like npx: a shell that waits for the server, so that the server is not a direct child.
  const wrapped = ['sh', '-c', '"$0" "$@"; true', ...HOSTILE, 'stubborn', port];
  const { code } = await autoheal(['generate', '--', ...wrapped]);
  assert.equal(code, 0);
  await hasClosed(await connection);
});

test('a signal to the command also ends the server', async (t) => {
  const { port, connection } = await connectionOfServer(t);
  const words = ['bin/mcp-autoheal.mjs', 'generate', '--', ...HOSTILE, 'stubborn', port];
  const child = spawn(process.execPath, words, { cwd: PACKAGE, stdio: 'ignore' });
  const server = await connection;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 143);
  await hasClosed(server);
});

/** A port that the server connects to. The connection lasts as long as the server. */
async function connectionOfServer(t) {
  const listener = createServer().listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const connection = once(listener, 'connection').then(([socket]) => {
    t.after(() => socket.destroy());
    return socket.resume().on('error', () => {}); // a reset also ends the connection
  });
  return { port: String(listener.address().port), connection };
}

async function hasClosed(socket) {
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
}
