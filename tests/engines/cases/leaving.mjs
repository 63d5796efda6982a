// Calls under way while the page is left: their loss is no failure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage } from '../harness.mjs';

/** Runs in the page: leaves it. A download is left out, because a driven Firefox opens no page after one. */
const departures = {
  'another page': () => location.assign('/away'),
  'a slow page': () => location.assign('/slow'),
  'a reload': () => location.reload(),
};

export function leaving(engine) {
  for (const [name, depart] of Object.entries(departures)) {
    test(`a call under way is no failure when the user leaves the page: ${name}`, async (t) => {
      const call = (body, response) => body.method === 'other' && error(body, response, -32000, 'other');
      const { run, server, comeBack } = await openPage(t, engine, { call });
      await run(
        (depart) => {
          window.client = new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
          for (const method of ['one', 'two']) client.request(method).catch(() => {});
          fetch('/jsonrpc', { method: 'POST', body: '{"method":"three"}' }).catch((error) => client.report(error));
          return client.ready.then(() => void setTimeout(eval(`(${depart})`), 300));
        },
        String(depart),
      );
      await server.until(() => server.calls.length === 3, 'the calls have arrived');
      // longer than the slow page takes
      await new Promise((resume) => setTimeout(resume, 2000));
      await comeBack();
      await run(async () => {
        const client = new MCPClient('/jsonrpc', { reportErrors: true });
        await outcomeOf(client.request('other'));
        return client.flush();
      });
      const reports = await server.reported(1);
      assert.deepEqual(reports.map(({ error_message }) => error_message), ['other']);
    });
  }

  test('a connection that is lost while the page stays is reported', async (t) => {
    const call = (body, response) => response.destroy();
    const { run, server } = await openPage(t, engine, { call });
    const flushed = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      await outcomeOf(client.request('lost'));
      return client.flush();
    });
    assert.equal(flushed, true);
    assert.deepEqual((await server.reported(1)).map(({ class: kind, rpc }) => [kind, rpc.method]), [['network', 'lost']]);
  });
}
