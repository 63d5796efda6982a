// Pages, servers and values that would end a program, block it, or keep a call waiting for ever.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { connect, connectReporting, error, json, MCPClient, rejection, result } from './harness.mjs';
import { startServer } from './server.mjs';

const SSE = { 'content-type': 'text/event-stream' };
const ends = (promise, milliseconds) =>
  Promise.race([promise.then(() => true, () => true), pause(milliseconds, false)]);

/** Fails the test at an unhandled rejection, which would end a program. */
function watchRejections(t) {
  const rejected = [];
  const keep = (reason) => rejected.push(reason);
  process.on('unhandledRejection', keep);
  t.after(() => process.off('unhandledRejection', keep));
  return rejected;
}

/** Replaces a global for one test, and imports another copy of the package, because each wraps the page once. */
async function replaced(t, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  return import(`../dist/mcp-autoheal.js?${encodeURIComponent(t.name)}`);
}

const legacy = (body, response, more) => {
  if (!body) return response.writeHead(405).end();
  if (body.method === 'server/discover') return error(body, response, -32601, 'Method not found');
  if (body.method === 'initialize') {
    const value = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
    return json(response, { jsonrpc: '2.0', id: body.id, result: value }, 200, { 'mcp-session-id': 's1' });
  }
  return body.id === undefined ? response.writeHead(202).end() : more(body, response);
};

for (const method of [{ toString: 1 }, { toString: null, valueOf: null }, 5, []]) {
  test(`a request of the server whose method is ${JSON.stringify(method)} ends no program`, async (t) => {
    const rejected = watchRejections(t);
    const answer = ({ id }, response) => {
      response.writeHead(200, SSE);
      const messages = [{ jsonrpc: '2.0', id: 3, method }, { jsonrpc: '2.0', id, result: 1 }];
      response.end(messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join(''));
    };
    const { client } = await connect(t, (body, response) => legacy(body, response, answer), { mcp: 'legacy' });
    assert.equal(await client.callTool('x'), 1);
    await pause(20);
    assert.deepEqual(rejected, []);
  });
}

const cryptos = {
  'has only randomUUID': { randomUUID: () => 'x' },
  'has only subtle': { subtle: {} },
  throws: { getRandomValues() { throw new Error('no entropy'); } },
  'returns bytes': { getRandomValues: (array) => Buffer.alloc(array.length, 7) },
  'fills nothing in': { getRandomValues: (array) => array },
};
for (const [name, crypto] of Object.entries(cryptos)) {
  test(`calls and reports work if crypto ${name}`, async (t) => {
    const { MCPClient: Client } = await replaced(t, 'crypto', crypto);
    const server = await startServer((body, response) =>
      body.method === 'brew' ? error(body, response, 1, 'no tea') : result(body, response, 7));
    t.after(() => server.close());
    const client = new Client(server.endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo });
    assert.equal(await client.request('add'), 7);
    assert.equal((await rejection(client.request('brew'))).code, 1);
    client.report(new Error('another'));
    assert.equal(await client.flush(3000), true);
    assert.equal(new Set(server.reports.map(({ report }) => report.id)).size, 2);
  });
}

const answers = {
  undefined: () => Promise.resolve(undefined),
  'a rejection whose name throws': () => Promise.reject({ get name() { throw new Error('mine'); } }),
  'a rejection whose name is a symbol': () => Promise.reject({ name: Symbol('mine') }),
  'a response whose status is a symbol': () => Promise.resolve({ status: Symbol('mine') }),
};
for (const [name, answer] of Object.entries(answers)) {
  test(`a fetch of the page that gives ${name} neither ends the program nor the reports`, async (t) => {
    const rejected = watchRejections(t);
    const { fetch } = globalThis;
    const { MCPClient: Client } = await replaced(t, 'fetch', (url, options) =>
      url === '/mine' ? answer() : fetch(url, options));
    const server = await startServer((body, response) => result(body, response, 7));
    t.after(() => server.close());
    const client = new Client(server.endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo });
    await client.ready;
    await globalThis.fetch('/mine').catch(() => {});
    client.report(new Error('another'));
    assert.equal(await client.flush(3000), true);
    assert.equal(server.reports.length, 1);
    assert.deepEqual(rejected, []);
  });
}

test('a proxy that logs what is read of it, itself included, can be logged', async (t) => {
  let lines = 0;
  const quiet = Object.fromEntries(['debug', 'info', 'log', 'warn', 'error'].map((name) => [name, () => (lines += 1)]));
  const { MCPClient: Client } = await replaced(t, 'console', quiet);
  await new Client('http://127.0.0.1:1/', { reportErrors: { endpoint: 'http://127.0.0.1:1/' } }).ready;
  quiet.log(new Proxy({}, { get: (target, name, receiver) => quiet.log(name, receiver) }));
  assert.ok(lines < 10, `${lines} lines`);
});

for (const part of ['headers', 'body', 'stream']) {
  test(`a call times out and can be aborted if fetch has no signal and the ${part} does not come`, async (t) => {
    const { fetch } = globalThis;
    const { MCPClient: Client } = await replaced(t, 'fetch', (url, { signal, ...options }) => fetch(url, options));
    const server = await startServer((body, response) => {
      if (part === 'body') response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      if (part === 'stream') response.writeHead(200, SSE).write(':\n\n');
    });
    t.after(() => server.close());
    const client = new Client(server.endpoint, { mcp: 'modern', timeout: 200, retries: 0 });
    assert.equal((await rejection(client.request('x'))).code, 'TIMEOUT');
    const plain = new Client(server.endpoint, { timeout: 20_000 });
    const aborted = rejection(plain.request('x', {}, { signal: AbortSignal.timeout(50) }));
    assert.ok(await ends(aborted, 3000));
  });
}

test('close() does not wait for ever for an answer to DELETE, nor for the option headers', async (t) => {
  let hangs = false;
  const headers = () => (hangs ? new Promise(() => {}) : {});
  const server = await startServer((body, response) => body && legacy(body, response, (call) => result(call, response, 1)));
  t.after(() => server.close());
  for (const options of [{}, { headers }]) {
    hangs = false;
    const client = new MCPClient(server.endpoint, { mcp: 'legacy', timeout: 1000, retries: 0, ...options });
    await client.callTool('x');
    hangs = true;
    assert.ok(await ends(client.close(), 5000));
  }
});

test('a report waits in vain for a promise of beforeSend, but others do not', async (t) => {
  const { client, server } = await connectReporting(t, () => {}, {
    reportErrors: { beforeSend: (report) => (report.error_message === 'one' ? new Promise(() => {}) : report) },
  });
  client.report(new Error('one'));
  client.report(new Error('two'));
  await server.reported(1);
  assert.equal(server.reports[0].report.error_message, 'two');
});

test('an error is reported once, also if another client has captureGlobalErrors', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no tea'));
  const other = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, captureGlobalErrors: true } });
  t.after(() => other.close());
  await other.ready;
  process.emit('uncaughtExceptionMonitor', await rejection(client.request('brew')), 'unhandledRejection');
  assert.equal(await client.flush(3000), true);
  assert.equal(await other.flush(3000), true);
  assert.deepEqual(server.reports.map(({ report }) => report.class), ['application']);
});

const inner = {
  'an error': [Object.assign(new Error('o'), { original: new TypeError('why') }), /"message":"why"/],
  'an object': [{ error: { message: 'quota exceeded', code: 5 } }, /"message":"quota exceeded"/],
  'a list': [Object.assign(new Error('o'), { problems: [{ name: 'f', message: 'no such field' }] }), /"name":"f"/],
};
for (const [name, [thrown, expected]] of Object.entries(inner)) {
  test(`${name} within what was thrown keeps name and message, but no headers`, async (t) => {
    const { client, server } = await connectReporting(t, () => {});
    client.report(Object.assign(thrown, { response: { headers: { authorization: 'secret' } } }));
    await client.flush(3000);
    const text = JSON.stringify(server.reports[0].report.context.error);
    assert.match(text, expected);
    assert.doesNotMatch(text, /headers|secret/);
  });
}

const places = {
  'no location': {},
  'an address that is none': { location: 'http://' },
  'a password': { location: 'http://user:secret@HOST/elsewhere' },
  'another scheme': { location: 'mailto:x@y.test' },
};
for (const [name, { location }] of Object.entries(places)) {
  test(`a redirect to ${name} is refused at once, and later calls ask the endpoint again`, async (t) => {
    let moved = true;
    const server = await startServer((body, response) => {
      if (!moved) return result(body, response, 7);
      const target = location?.replace('HOST', new URL(server.origin).host);
      return response.writeHead(307, target ? { location: target } : {}).end();
    });
    t.after(() => server.close());
    const client = new MCPClient(server.endpoint);
    const failure = await rejection(client.request('ping'));
    assert.equal(failure.code, 'REDIRECT');
    assert.doesNotMatch(failure.message, /null|secret/);
    assert.equal(server.calls.length, 1);
    moved = false;
    assert.equal(await client.request('ping'), 7);
  });
}

test('the endpoint is asked again once the target of a redirect fails', async (t) => {
  let moved = true;
  const server = await startServer((body, response, number) => {
    const { url } = server.calls[number - 1];
    if (url === '/jsonrpc') return moved ? response.writeHead(307, { location: '/busy' }).end() : result(body, response, url);
    return moved ? result(body, response, url) : response.writeHead(404).end();
  });
  t.after(() => server.close());
  const client = new MCPClient(server.endpoint);
  assert.equal(await client.request('x'), '/busy');
  moved = false;
  assert.equal((await rejection(client.request('x'))).code, 'HTTP_404');
  assert.equal(await client.request('x'), '/jsonrpc');
});

test('a stream that requests a wait of 49 days is not requested at once', async (t) => {
  let gets = 0;
  const server = await startServer((body, response) => {
    if (body) return legacy(body, response, (call) => result(call, response, 1));
    gets += 1;
    return response.writeHead(200, SSE).end('retry: 4294967295\n\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n');
  });
  t.after(() => server.close());
  const client = new MCPClient(server.endpoint, { mcp: 'legacy' });
  t.after(() => client.close());
  client.setNotificationHandler('notifications/x', () => {});
  await client.callTool('x');
  await pause(300);
  assert.equal(gets, 1);
});

for (const [name, refuse] of Object.entries({
  'a closed connection': (response) => response.destroy(),
  'a redirect': (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  'no service': (response) => response.writeHead(503).end(),
})) {
  test(`${name} in place of an answer to notifications/initialized is ignored`, async (t) => {
    const { client } = await connect(t, (body, response) =>
      body.method === 'notifications/initialized'
        ? refuse(response)
        : legacy(body, response, (call) => result(call, response, 1)), { mcp: 'legacy' });
    assert.equal(await client.callTool('x'), 1);
  });
}

for (const text of ['a-'.repeat(16_000), [...Array(300_000).keys()]]) {
  test(`a ${typeof text} of many parts is reported within a moment`, async (t) => {
    const { client } = await connectReporting(t, () => {});
    await client.ready;
    const started = performance.now();
    client.report(typeof text === 'string' ? new Error(text) : text);
    await pause(0);
    const took = performance.now() - started;
    assert.ok(took < 50, `${took} ms`);
    await client.flush(3000);
  });
}

for (const address of ['http:u:pw@h', 'http://u:p/w@h/', 'http://u:p"w@h/', 'u:pw@h/mcp']) {
  test(`the address ${address} is refused, and its password is not in the message`, () => {
    assert.throws(() => new MCPClient(address), ({ name, message }) => name === 'TypeError' && !/u:|w@/.test(message));
  });
}

test('an asynchronous onerror that fails ends no program', async (t) => {
  const rejected = watchRejections(t);
  const { client } = await connectReporting(t, (body, response) => error(body, response, 1, 'no tea'), {
    reportErrors: { ignoreErrors: [{ [Symbol.search]() { throw new Error('mine'); } }] },
  });
  client.onerror = async () => { throw new Error('mine'); };
  assert.equal((await rejection(client.request('brew'))).code, 1);
  await pause(20);
  assert.deepEqual(rejected, []);
});

test('a hidden page sends the report for which beforeSend is not done', async (t) => {
  const page = new EventTarget();
  await replaced(t, 'document', { visibilityState: 'hidden', baseURI: 'http://127.0.0.1/' });
  globalThis.addEventListener = page.addEventListener.bind(page);
  t.after(() => delete globalThis.addEventListener);
  const { MCPClient: Client } = await import(`../dist/mcp-autoheal.js?${encodeURIComponent(t.name)} again`);
  const server = await startServer(() => {});
  t.after(() => server.close());
  const client = new Client(server.endpoint, { reportErrors: { endpoint: server.reportTo, beforeSend: async (report) => report } });
  await client.ready;
  client.report(new Error('seen'));
  await Promise.resolve();
  await Promise.resolve();
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal((await server.reported(1))[0].error_message, 'seen');
});
