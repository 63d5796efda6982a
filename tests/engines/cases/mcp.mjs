// MCP over Streamable HTTP: both eras, event streams, and a server of another origin that knows the older one only.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, otherOrigin, result } from '../harness.mjs';
import { event, knowsDiscovery, knowsHandshake, SESSION, stream } from '../mcp.mjs';

const names = ({ mcp }) => mcp.map(({ method, body }) => body?.method ?? method);

/** A server with this stream for every call; asked to resume, it goes on with `rest`. */
function streams(beginning, rest) {
  return (message, response) => {
    const id = message.headers['last-event-id'];
    if (message.method === 'GET' && id) stream(response, rest(id));
    else knowsHandshake((body, response) => stream(response, beginning(body)))(message, response);
  };
}

export function mcp(engine) {
  test('MCP with a handshake: one session, an answer as an event stream, progress on the way', async (t) => {
    const beginning = ({ id, params }) => [
      'id: 0\ndata:\n\n', // what a stream may begin with, so that it can be resumed from there
      ': still there\n\n',
      event({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1 } }),
      event({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 2 } }),
      event({ id, result: { content: [{ type: 'text', text: 'tèa' }] } }),
    ];
    const { run, server } = await openPage(t, engine, { mcp: streams(beginning) });
    const seen = await run(async () => {
      const client = new MCPClient('/mcp');
      const progress = [];
      const onprogress = (step) => progress.push(step.progress);
      const { content } = await client.callTool({ name: 'brew', arguments: {} }, { onprogress });
      const told = [client.getProtocolEra(), client.getServerVersion().name];
      await client.close();
      return { progress, text: content[0].text, told };
    });
    assert.deepEqual(seen, { progress: [1, 2], text: 'tèa', told: ['legacy', 'kettle'] });
    const asked = ['server/discover', 'initialize', 'notifications/initialized', 'tools/call', 'DELETE'];
    assert.deepEqual(names(server), asked);
    for (const { headers } of server.mcp.slice(2)) {
      assert.deepEqual([headers['mcp-session-id'], headers['mcp-protocol-version']], [SESSION, '2025-11-25']);
    }
  });

  test('an event stream that breaks off is resumed after its last event', async (t) => {
    const beginning = ({ id }) => [`id: after-${id}\nretry: 10\ndata:\n\n`];
    const rest = (last) => [event({ id: Number(last.split('-')[1]), result: { brewed: true } })];
    const { run, server } = await openPage(t, engine, { mcp: streams(beginning, rest) });
    assert.deepEqual(await run(() => told(new MCPClient('/mcp').callTool('brew'))), { value: { brewed: true } });
    const { headers } = server.mcp.find(({ method }) => method === 'GET');
    assert.match(headers['last-event-id'], /^after-\d+$/);
    assert.equal(headers['mcp-session-id'], SESSION);
  });

  test('MCP without a handshake: found out, and told with every request', async (t) => {
    const call = (body, response) => result(body, response, { resultType: 'complete', content: [] });
    const { run, server } = await openPage(t, engine, { mcp: knowsDiscovery(call) });
    const era = await run(async () => {
      const client = new MCPClient('/mcp');
      await client.callTool('brew ☕', { cups: 2 });
      return client.getProtocolEra();
    });
    assert.equal(era, 'modern');
    assert.deepEqual(names(server), ['server/discover', 'tools/call']);
    const [, { headers, body }] = server.mcp;
    const name = Buffer.from('brew ☕').toString('base64');
    assert.deepEqual([headers['mcp-method'], headers['mcp-name']], ['tools/call', `=?base64?${name}?=`]);
    assert.equal(body.params._meta['io.modelcontextprotocol/protocolVersion'], '2026-07-28');
    assert.deepEqual(body.params.arguments, { cups: 2 });
  });

  test('a failure says which server, which revision and which tool', async (t) => {
    const refuse = (body, response) => error(body, response, -32602, 'no such tea');
    const { run, server } = await openPage(t, engine, { mcp: knowsHandshake(refuse) });
    const call = () => told(new MCPClient('/mcp', { reportErrors: true }).callTool('brew', { kind: 'x' }));
    const failure = await run(call);
    assert.deepEqual([failure.code, failure.message], [-32602, 'no such tea']);
    const [report] = await server.reported(1);
    assert.deepEqual(report.server, { name: 'kettle', version: '1.2.3' });
    assert.deepEqual([report.rpc.protocol_version, report.rpc.tool], ['2025-11-25', 'brew']);
  });

  test('a server of another origin, whose list of allowed headers knows the handshake only', async (t) => {
    const cors = {
      'access-control-allow-headers': 'content-type, accept, mcp-session-id, mcp-protocol-version, last-event-id',
      'access-control-expose-headers': 'mcp-session-id',
    };
    const call = (body, response) => result(body, response, { content: [] });
    const other = await otherOrigin(t, { cors, mcp: knowsHandshake(call) });
    const { run } = await openPage(t, engine, {});
    const callAfar = (origin) => told(new MCPClient(`${origin}/mcp`).callTool('brew'));
    assert.deepEqual(await run(callAfar, other.origin), { value: { content: [] } });
    assert.deepEqual(names(other), ['initialize', 'notifications/initialized', 'tools/call']);
  });

  test('an aborted call rejects with the reason, the server is told, and nothing is reported', async (t) => {
    const call = (body, response) => body.params.name === 'witness' && error(body, response, 1, 'seen');
    const { run, server } = await openPage(t, engine, { mcp: knowsHandshake(call) });
    await run(() => {
      window.client = new MCPClient('/mcp', { reportErrors: true });
      window.controller = new AbortController();
      window.slow = told(client.callTool('slow', {}, { signal: controller.signal }));
    });
    await server.until(() => names(server).includes('tools/call'));
    const reasons = await run(async () => {
      controller.abort();
      const unsent = told(client.callTool('unsent', {}, { signal: controller.signal }));
      const other = told(client.callTool('other', {}, { signal: AbortSignal.abort(new RangeError('enough')) }));
      return [(await slow).name, (await unsent).name, (await other).message];
    });
    assert.deepEqual(reasons, ['AbortError', 'AbortError', 'enough']);
    await server.until(() => names(server).includes('notifications/cancelled'));
    const sent = (name) => server.mcp.find(({ body }) => body?.method === name).body;
    assert.equal(sent('notifications/cancelled').params.requestId, sent('tools/call').id);
    await run(() => told(client.callTool('witness')));
    assert.deepEqual((await server.reported(1)).map(({ rpc }) => rpc.tool), ['witness']);
    assert.ok(!server.mcp.some(({ body }) => ['unsent', 'other'].includes(body?.params?.name)));
  });
}
