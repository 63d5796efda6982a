// The wrapper forwards bytes, exit codes, signals and stderr unchanged.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { environment, spooledReports, wrapped } from './harness/session.mjs';
import { summary } from './harness/expectations.mjs';
import { connect, initialize } from './harness/line-client.mjs';
import { fixture, NODE } from './harness/places.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

const RECORDER = [NODE, fixture('recorder.mjs')];
const folder = mkdtempSync(join(tmpdir(), 'autoheal-transparency-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LONG = 'x'.repeat(5 * 1024 * 1024);
/** Bytes that a careless line reader would change. */
const INPUTS = {
  'no bytes': '',
  'no final line end': '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  'CRLF, CR and empty lines': '{"jsonrpc":"2.0","method":"a"}\r\n\r\n\r{"jsonrpc":"2.0","method":"b"}\n\n',
  'order, spaces, numbers, escapes':
    '{ "method" : "a", "id":1.0, "jsonrpc":"2.0","params":{"n":12345678901234567890,"e":1e400,"s":"\\u0061\\/","s":2}}\n',
  'a batch': '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"}]\n[]\n',
  'neither JSON nor UTF-8': Buffer.from([
    0x7b, 0xff, 0xfe, 0x00, 0x0a, 0xc3, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0x1b, 0x5b, 0x32, 0x4a,
  ]),
  'a byte order mark, and line separators': '\ufeff{"jsonrpc":"2.0","method":"a\u2028\u2029"}\n',
  'one very long line': `{"jsonrpc":"2.0","method":"a","params":{"text":"${LONG}"}}\n`,
  'very deep nesting': `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
  'many lines': '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}\n'.repeat(100_000),
};

describe('bytes', { concurrency: 4 }, () => {
  for (const [name, bytes] of Object.entries(INPUTS)) {
    const file = (kind) => join(folder, `${name.replace(/\W/g, '-')}-${kind}`);

    test(`${name}: the server receives the same bytes`, async () => {
      const received = file('received');
      const program = startWrapped([...RECORDER, 'record', received]);
      program.stdin.end(bytes);
      assert.deepEqual(await program.end(), { code: 0, signal: null });
      assertSameBytes(readFileSync(received), Buffer.from(bytes));
      assert.equal(program.stdout().length, 0);
    });

    test(`${name}: the client receives the same bytes on stdout and stderr`, async () => {
      const [output, errors] = [file('output'), file('errors')];
      writeFileSync(output, bytes);
      // Another length than stdout, so that the test detects mixed streams.
      writeFileSync(errors, Buffer.concat([Buffer.from(bytes), Buffer.from('the end\n')]));
      const program = startWrapped([...RECORDER, 'print', output, errors]);
      assert.deepEqual(await program.end(), { code: 0, signal: null });
      assertSameBytes(program.stdout(), Buffer.from(bytes));
      assertSameBytes(withoutOwnLine(program.stderrBytes()), readFileSync(errors));
    });
  }
});

describe('ends', { concurrency: 4 }, () => {
  test('the wrapper exits with the exit code of the server', async () => {
    const program = startWrapped([...RECORDER, 'record', join(folder, 'coded'), '23']);
    program.stdin.end();
    assert.deepEqual(await program.end(), { code: 23, signal: null });
  });

  test('a server that cannot be started gives exit code 127 and a message', async () => {
    const program = startWrapped([join(folder, 'nowhere')]);
    program.stdin.end();
    assert.deepEqual(await program.end(), { code: 127, signal: null });
    assert.match(program.stderr(), /nowhere/);
    assert.equal(program.stdout().length, 0);
  });

  test('a server that has closed its output still receives input', async () => {
    const received = join(folder, 'received-after-close');
    const program = startWrapped([...RECORDER, 'close-output', received]);
    program.stdin.end('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    assert.deepEqual(await program.end(), { code: 0, signal: null });
    assert.match(readFileSync(received, 'utf8'), /initialized/);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    test(`${signal} reaches the server and ends both, and is not reported`, (t) =>
      withoutReports(t, async (env) => {
        const program = startWrapped([...RECORDER, 'wait'], env);
        program.stdin.write(`${JSON.stringify(initialize())}\n`); // an open call
        await program.until(() => /waiting/.exec(program.stdout()) ?? undefined, 'the server');
        program.child.kill(signal);
        assert.deepEqual(await program.end(), { code: null, signal });
      }));
  }

  test('a server that handles SIGTERM and exits with code 0 is not reported', (t) =>
    withoutReports(t, async (env) => {
      const program = startWrapped([...RECORDER, 'exit-on-sigterm'], env);
      await program.until(() => /waiting/.exec(program.stdout()) ?? undefined, 'the server');
      program.child.kill('SIGTERM');
      assert.deepEqual(await program.end(), { code: 0, signal: null });
    }));

  // Each run ends a little later, to catch each moment in which reports could be lost.
  test('failures just before the end are reported', async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    for (let time = 1; time <= 30; time += 1) {
      const home = join(folder, `short-${time}`);
      const client = connect(wrapped([NODE, fixture('scripted-server.mjs')]), { env: environment(home, sink) });
      t.after(() => client.kill());
      await client.handshake();
      for (const [index, name] of ['first', 'second'].entries()) {
        const texts = [`{"jsonrpc":"2.0","id":$id,"error":{"code":-32603,"message":"the ${name} failure"}}\n`];
        const params = { name: 'write', arguments: { texts } };
        await client.request({ jsonrpc: '2.0', id: index + 1, method: 'tools/call', params });
      }
      await wait(time * 6);
      client.stdin.end();
      await client.end();
      const arrived = await sink.until(() => sink.total() >= 2 * time, 3_000);
      assert.ok(arrived, `${sink.total()} of ${2 * time} failures were reported`);
    }
    assert.equal(sink.total(), 60, summary(sink.reports));
  });

  test('the wrapper ends if the client closes its end of stdout', async () => {
    const program = startWrapped([NODE, fixture('scripted-server.mjs')]);
    program.child.stdout.destroy();
    program.stdin.write(`${JSON.stringify(initialize())}\n`);
    program.stdin.end();
    await program.end();
  });
});

/** Starts a program behind the wrapper. */
function startWrapped(command, env = environment(folder)) {
  const program = start(wrapped(command), { env, cwd: folder });
  after(() => program.kill());
  return program;
}

/** Runs a test and fails if it sends or spools reports. */
async function withoutReports(t, run) {
  const home = mkdtempSync(join(tmpdir(), 'autoheal-quiet-'));
  const sink = await startSink();
  t.after(async () => {
    await sink.close();
    rmSync(home, { recursive: true, force: true });
  });
  await run(environment(home, sink));
  assert.deepEqual([sink.reports, sink.invalidRequests, spooledReports(home)], [[], [], []]);
}

/** The stderr of the server, without the line of autoheal that says where the first report went. */
const withoutOwnLine = (errors) => {
  const at = errors.lastIndexOf('autoheal: recorded: ');
  return at < 0 ? errors : Buffer.concat([errors.subarray(0, at), errors.subarray(errors.indexOf('\n', at) + 1)]);
};

/** Compares without printing megabytes on failure. */
function assertSameBytes(actual, expected) {
  if (actual.equals(expected)) return;
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  const around = (bytes) => JSON.stringify(bytes.subarray(Math.max(0, at - 40), at + 40).toString('latin1'));
  assert.fail(
    `${actual.length} bytes instead of ${expected.length}; ` +
      `first difference at ${at}: ${around(actual)} instead of ${around(expected)}`,
  );
}
