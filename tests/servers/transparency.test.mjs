// What passes through the wrapper passes as it is: bytes that are no messages, ends, signals, and the error stream.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { environment, spooled, wrapped } from './harness/conversation.mjs';
import { summary } from './harness/expectations.mjs';
import { connect, initialize } from './harness/line-client.mjs';
import { fixture, NODE } from './harness/places.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

const MIRROR = [NODE, fixture('mirror.mjs')];
const folder = mkdtempSync(join(tmpdir(), 'autoheal-transparency-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LONG = 'x'.repeat(5 * 1024 * 1024);
/** Bytes that a careless reader of lines would change. */
const AWKWARD = {
  'nothing at all': '',
  'no line end at the end': '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  'line ends of other systems': '{"jsonrpc":"2.0","method":"a"}\r\n\r\n\r{"jsonrpc":"2.0","method":"b"}\n\n',
  'order, spaces, numbers, escapes':
    '{ "method" : "a", "id":1.0, "jsonrpc":"2.0","params":{"n":12345678901234567890,"e":1e400,"s":"\\u0061\\/","s":2}}\n',
  'a batch': '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"}]\n[]\n',
  'no JSON, and no UTF-8': Buffer.from([
    0x7b, 0xff, 0xfe, 0x00, 0x0a, 0xc3, 0x0a, 0xed, 0xa0, 0x80, 0x0a, 0x1b, 0x5b, 0x32, 0x4a,
  ]),
  'a byte order mark, and line separators': '\ufeff{"jsonrpc":"2.0","method":"a\u2028\u2029"}\n',
  'one very long line': `{"jsonrpc":"2.0","method":"a","params":{"text":"${LONG}"}}\n`,
  'very deep nesting': `${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
  'many lines': '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}\n'.repeat(100_000),
};

describe('bytes', { concurrency: 4 }, () => {
  for (const [name, bytes] of Object.entries(AWKWARD)) {
    const file = (kind) => join(folder, `${name.replace(/\W/g, '-')}-${kind}`);

    test(`${name}, to the server`, async () => {
      const kept = file('kept');
      const program = started([...MIRROR, 'keep', kept]);
      program.stdin.end(bytes);
      assert.deepEqual(await program.end(), { code: 0, signal: null });
      same(readFileSync(kept), Buffer.from(bytes));
      assert.equal(program.stdout().length, 0);
    });

    test(`${name}, from the server`, async () => {
      const [output, complaint] = [file('output'), file('complaint')];
      writeFileSync(output, bytes);
      // Long lines of another length, so that a mix-up would show.
      writeFileSync(complaint, Buffer.concat([Buffer.from(bytes), Buffer.from('the end\n')]));
      const program = started([...MIRROR, 'show', output, complaint]);
      assert.deepEqual(await program.end(), { code: 0, signal: null });
      same(program.stdout(), Buffer.from(bytes));
      same(withoutOurLine(program.stderrBytes()), readFileSync(complaint));
    });
  }
});

describe('ends', { concurrency: 4 }, () => {
  test("the exit code is the server's", async () => {
    const program = started([...MIRROR, 'keep', join(folder, 'coded'), '23']);
    program.stdin.end();
    assert.deepEqual(await program.end(), { code: 23, signal: null });
  });

  test('a server that cannot be started is refused as a shell does, in a sentence', async () => {
    const program = started([join(folder, 'nowhere')]);
    program.stdin.end();
    assert.deepEqual(await program.end(), { code: 127, signal: null });
    assert.match(program.stderr(), /nowhere/);
    assert.equal(program.stdout().length, 0);
  });

  test('a server that closed its output still reads', async () => {
    const kept = join(folder, 'kept-by-mute');
    const program = started([...MIRROR, 'mute', kept]);
    program.stdin.end('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    assert.deepEqual(await program.end(), { code: 0, signal: null });
    assert.match(readFileSync(kept, 'utf8'), /initialized/);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    test(`${signal} reaches the server, and ends both; it is no failure`, (t) =>
      quietly(t, async (env) => {
        const program = started([...MIRROR, 'wait'], env);
        program.stdin.write(`${JSON.stringify(initialize())}\n`); // a call is under way
        await program.until(() => /waiting/.exec(program.stdout()) ?? undefined, 'the server');
        program.child.kill(signal);
        assert.deepEqual(await program.end(), { code: null, signal });
      }));
  }

  test('a server that tidies up when asked to end, ends well', (t) =>
    quietly(t, async (env) => {
      const program = started([...MIRROR, 'tidy'], env);
      await program.until(() => /waiting/.exec(program.stdout()) ?? undefined, 'the server');
      program.child.kill('SIGTERM');
      assert.deepEqual(await program.end(), { code: 0, signal: null });
    }));

  // Ends a little later each time, to meet every moment in which reports could be forgotten.
  test('what failed just before the end is not lost', async (t) => {
    const sink = await startSink();
    t.after(() => sink.close());
    for (let time = 1; time <= 30; time += 1) {
      const own = join(folder, `short-${time}`);
      const client = connect(wrapped([NODE, fixture('scripted-server.mjs')]), { env: environment(own, sink) });
      t.after(() => client.kill());
      await client.handshake();
      for (const [index, words] of ['first', 'second'].entries()) {
        const texts = [`{"jsonrpc":"2.0","id":$id,"error":{"code":-32603,"message":"the ${words} failure"}}\n`];
        const params = { name: 'write', arguments: { texts } };
        await client.request({ jsonrpc: '2.0', id: index + 1, method: 'tools/call', params });
      }
      await wait(time * 6);
      client.stdin.end();
      await client.end();
      const came = await sink.until(() => sink.total() >= 2 * time, 3_000);
      assert.ok(came, `of ${2 * time} failures ${sink.total()} were reported`);
    }
    assert.equal(sink.total(), 60, summary(sink.reports));
  });

  test('a reader of the answers that goes away ends it', async () => {
    const program = started([NODE, fixture('scripted-server.mjs')]);
    program.child.stdout.destroy();
    program.stdin.write(`${JSON.stringify(initialize())}\n`);
    program.stdin.end();
    await program.end();
  });
});

/** Starts a program behind the wrapper. */
function started(command, env = environment(folder)) {
  const program = start(wrapped(command), { env, cwd: folder });
  after(() => program.kill());
  return program;
}

/** Fails when anything is reported, or waits to be. */
async function quietly(t, run) {
  const own = mkdtempSync(join(tmpdir(), 'autoheal-quiet-'));
  const sink = await startSink();
  t.after(async () => {
    await sink.close();
    rmSync(own, { recursive: true, force: true });
  });
  await run(environment(own, sink));
  assert.deepEqual([sink.reports, sink.complaints, spooled(own)], [[], [], []]);
}

/** All that the server printed: one line is ours, and tells where its first failure went. */
const withoutOurLine = (errors) => {
  const at = errors.lastIndexOf('autoheal: recorded: ');
  return at < 0 ? errors : Buffer.concat([errors.subarray(0, at), errors.subarray(errors.indexOf('\n', at) + 1)]);
};

/** Compares without printing megabytes. */
function same(actual, expected) {
  if (actual.equals(expected)) return;
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at += 1;
  const around = (bytes) => JSON.stringify(bytes.subarray(Math.max(0, at - 40), at + 40).toString('latin1'));
  assert.fail(
    `${actual.length} bytes instead of ${expected.length}; ` +
      `first difference at ${at}: ${around(actual)} instead of ${around(expected)}`,
  );
}
