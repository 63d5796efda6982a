// Reporting options and their effect on reports.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectFailing, MCPClient, rejection } from './harness.mjs';

const messages = (reports) => reports.map(({ error_message }) => error_message);

test('the key is appended to the URL of the service', async (t) => {
  for (const [suffix, query] of [
    ['', '?key=pk%20%261'],
    ['?a=b', '?a=b&key=pk%20%261'],
  ]) {
    const { server } = await connectFailing(t, {});
    const client = new MCPClient(server.endpoint, {
      reportErrors: { endpoint: server.reportTo + suffix, key: 'pk &1' },
    });
    await rejection(client.request('a'));
    await server.reported(1);
    assert.equal(server.reports[0].url, `/report-error${query}`);
  }
});

test('release, environment and tags are reported without secrets', async (t) => {
  const { failing, reports } = await connectFailing(t, {
    release: 'shop@1.4.2',
    environment: 'staging',
    tags: { team: 'tea', password: 'hunter2hunter2', mail: 'anna@example.org' },
  });
  await failing();
  const [report] = await reports();
  assert.deepEqual([report.release, report.environment, report.tags.team], ['shop@1.4.2', 'staging', 'tea']);
  assert.doesNotMatch(JSON.stringify(report), /hunter2|anna@/);
});

test('options without a value add nothing to the report', async (t) => {
  const { failing, reports } = await connectFailing(t, { breadcrumbs: false });
  await failing();
  const [report] = await reports();
  for (const name of ['release', 'environment', 'tags', 'user', 'logs']) assert.equal(name in report, false, name);
});

test('the user is reported as a stable hash, never as text', async (t) => {
  const { server, failing, reports } = await connectFailing(t, { user: 'Anna Miller' });
  await failing();
  const [{ user }] = await reports();
  assert.match(user, /^[0-9a-f]{32}$/);
  const hashOf = async (user) => {
    const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, user } });
    await rejection(client.request('brew'));
    assert.equal(await client.flush(3000), true);
    return server.reports.at(-1).report.user;
  };
  assert.equal(await hashOf('Anna Miller'), user);
  assert.notEqual(await hashOf('Anna Muller'), user);
  for (const { text } of server.reports) assert.doesNotMatch(text, /Anna|M[iu]ller/);
});

test('a report is sent only after the hash of the user is computed', async (t) => {
  let finish;
  const finished = new Promise((resume) => (finish = resume));
  const { digest } = crypto.subtle;
  t.mock.method(crypto.subtle, 'digest', async (...details) => {
    await finished;
    return digest.apply(crypto.subtle, details);
  });
  const { failing, reports } = await connectFailing(t, { user: 'Anna Miller' });
  await failing();
  await failing('another'); // the first report could have been sent by now
  finish();
  assert.match((await reports())[0].user ?? 'no user', /^[0-9a-f]{32}$/);
});

test('sampleRate: no reports, all reports, or a share', async (t) => {
  const none = await connectFailing(t, { sampleRate: 0 });
  await none.failing();
  assert.deepEqual(await none.reports(), []);
  const all = await connectFailing(t, { sampleRate: 1 });
  await all.failing();
  assert.equal((await all.reports()).length, 1);

  const half = await connectFailing(t, { sampleRate: 0.5 });
  const draws = [0.2, 0.7, 0.49, 0.5];
  t.mock.method(Math, 'random', () => draws.shift());
  for (const message of ['a', 'b', 'c', 'd']) half.client.report(new Error(message));
  await new Promise((turn) => setImmediate(turn));
  t.mock.restoreAll();
  assert.deepEqual(messages(await half.reports()), ['a', 'c']);
});

test('ignoreErrors: texts and regular expressions for name and message', async (t) => {
  const { client, failing, reports } = await connectFailing(t, { ignoreErrors: ['no tea', /^TypeError: .*sugar/g] });
  for (const message of ['there is no tea', 'No tea', 'milk']) await failing(message);
  for (const message of ['no sugar', 'more sugar', 'no sugar']) client.report(new TypeError(message));
  client.report(new Error('sugar'));
  assert.deepEqual(messages(await reports()).sort(), ['No tea', 'milk', 'sugar']);
});

test('allowUrls and denyUrls check the script of the first frame', async (t) => {
  const here = /reporting-options\.test\.mjs/;
  const options = {
    allowed: [{ allowUrls: [here] }, 1],
    'not allowed': [{ allowUrls: ['https://shop.example/'] }, 0],
    denied: [{ denyUrls: ['reporting-options'] }, 0],
    'not denied': [{ denyUrls: [/^chrome-extension:/] }, 1],
    both: [{ allowUrls: [here], denyUrls: [here] }, 0],
  };
  for (const [name, [urls, times]] of Object.entries(options)) {
    const { client, reports } = await connectFailing(t, urls);
    await rejection(client.request('brew'));
    assert.equal((await reports()).length, times, name);
  }
  const { client, reports } = await connectFailing(t, { denyUrls: ['chrome-extension://'] });
  const foreign = Object.assign(new Error('not ours'), {
    stack: 'Error: not ours\n    at f (chrome-extension://abc/x.js:1:2)\n    at g (https://shop.example/a.js:3:4)',
  });
  client.report(foreign);
  client.report(new Error('ours'));
  assert.deepEqual(messages(await reports()), ['ours']);
});

const changes = {
  'a change': [(report) => ({ ...report, release: 'changed' }), ['changed']],
  'a change in place': [(report) => Object.assign(report, { release: 'in place' }), ['in place']],
  'a change that takes time': [async (report) => ({ ...report, release: 'later' }), ['later']],
  null: [() => null, []],
  undefined: [() => undefined, []],
  false: [() => false, []],
  'a late null': [async () => null, []],
  'a throw': [
    () => {
      throw new Error('mine');
    },
    [],
  ],
  'a late throw': [() => Promise.reject(new Error('mine')), []],
};
for (const [name, [beforeSend, releases]] of Object.entries(changes)) {
  test(`beforeSend: ${name}`, async (t) => {
    const seen = [];
    const { failing, reports, server } = await connectFailing(t, {
      beforeSend: (report) => seen.push(report.error_message) && beforeSend(report),
    });
    assert.equal((await failing()).message, 'no tea');
    assert.deepEqual(
      (await reports()).map(({ release }) => release),
      releases,
    );
    assert.deepEqual(seen, ['no tea']);
    assert.equal(server.calls.length, 1);
  });
}

test('beforeSend receives the report without secrets', async (t) => {
  let seen;
  const { failing, reports } = await connectFailing(t, {
    beforeSend: (report) => (seen = JSON.stringify(report)) && report,
  });
  await failing('password=hunter2hunter2');
  await reports();
  assert.match(seen, /password=<secret>/);
  assert.doesNotMatch(seen, /hunter2/);
});

test('flush waits up to its timeout and resolves to true if all reports were delivered', async (t) => {
  const { client, failing, server } = await connectFailing(t, {});
  assert.equal(await client.flush(100), true, 'no reports');
  let release;
  server.respondToReport = (response) => (release = () => response.writeHead(202).end('[]'));
  await failing();
  const began = performance.now();
  assert.equal(await client.flush(100), false);
  const waited = performance.now() - began;
  assert.ok(waited >= 95 && waited < 1000, String(waited));
  const flushed = client.flush(3000);
  release();
  assert.equal(await flushed, true);
  assert.equal(server.reports.length, 1);
});

const wrong = {
  endpoint: ['', 5, null, {}],
  key: ['', 5, null],
  release: ['', 1.4, null],
  environment: ['', true, null],
  tags: ['team', ['team'], null, { team: {} }],
  user: ['', 5, { id: 5 }, null],
  sampleRate: ['0.5', -0.1, 1.1, NaN, null, true, []],
  ignoreErrors: ['x', /x/, [5], null],
  allowUrls: ['x', [null], {}],
  denyUrls: ['x', [undefined], 5],
  beforeSend: ['x', {}, null],
  maxPerMinute: [0, -1, 1.5, '30', NaN, Infinity, 10_001, null],
  captureGlobalErrors: ['yes', 1, null],
  breadcrumbs: ['yes', 0, null],
  offline: ['yes', 0, null],
};
for (const [name, values] of Object.entries(wrong)) {
  test(`a wrong reporting option throws a TypeError with its name: ${name}`, () => {
    for (const value of values) {
      const construct = () => new MCPClient('/jsonrpc', { reportErrors: { [name]: value } });
      assert.throws(
        construct,
        { name: 'TypeError', message: new RegExp(`"(reportErrors\\.)?${name}"`) },
        JSON.stringify(value),
      );
    }
    assert.doesNotThrow(() => new MCPClient('/jsonrpc', { reportErrors: { [name]: undefined } }));
  });
}
