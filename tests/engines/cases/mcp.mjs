// MCP over Streamable HTTP: both eras, event streams, and a legacy server of another origin.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, otherOrigin, result } from '../harness.mjs';
import { event, modernServer, legacyServer, SESSION, stream } from '../mcp.mjs';

const names = ({ mcp }) => mcp.map(({ method, body }) => body?.method ?? method);

/** A legacy server that responds to calls with a stream, and to a request to resume with the rest of it. */
function streams(beginning, rest) {
  return (message, response) => {
    const id = message.headers['last-event-id'];
    if (message.method === 'GET' && id) stream(response, rest(id));
    else legacyServer((body, response) => stream(response, beginning(body)))(message, response);
  };
}

export function mcp(engine) {
  test('legacy MCP: one session, and a response as an event stream with progress', async (t) => {
    const beginning = ({ id, params }) => [
      'id: 0\ndata:\n\n', // an empty first event, from which a client can resume
      ': comment\n\n',
      event({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1 } }),
      event({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 2 } }),
      event({ id, result: { content: [{ type: 'text', text: 'tèa' }] } }),
    ];
    const { run, server } = await openPage(t, engine, { mcp: streams(beginning) });
    const actual = await run(async () => {
      const client = new MCPClient('/mcp');
      const progress = [];
      const onprogress = (step) => progress.push(step.progress);
      const { content } = await client.callTool({ name: 'brew', arguments: {} }, { onprogress });
      const server = [client.getProtocolEra(), client.getServerVersion().name];
      await client.close();
      return { progress, text: content[0].text, server };
    });
    assert.deepEqual(actual, { progress: [1, 2], text: 'tèa', server: ['legacy', 'kettle'] });
    const requests = ['server/discover', 'initialize', 'notifications/initialized', 'tools/call', 'DELETE'];
    assert.deepEqual(names(server), requests);
    for (const { headers } of server.mcp.slice(2)) {
      assert.deepEqual([headers['mcp-session-id'], headers['mcp-protocol-version']], [SESSION, '2025-11-25']);
    }
  });

  test('a broken event stream is resumed after its last event', async (t) => {
    const beginning = ({ id }) => [`id: after-${id}\nretry: 10\ndata:\n\n`];
    const rest = (last) => [event({ id: Number(last.split('-')[1]), result: { brewed: true } })];
    const { run, server } = await openPage(t, engine, { mcp: streams(beginning, rest) });
    assert.deepEqual(await run(() => outcomeOf(new MCPClient('/mcp').callTool('brew'))), { value: { brewed: true } });
    const { headers } = server.mcp.find(({ method }) => method === 'GET');
    assert.match(headers['last-event-id'], /^after-\d+$/);
    assert.equal(headers['mcp-session-id'], SESSION);
  });

  test('modern MCP: detected, and each request has the MCP headers and _meta', async (t) => {
    const call = (body, response) => result(body, response, { resultType: 'complete', content: [] });
    const { run, server } = await openPage(t, engine, { mcp: modernServer(call) });
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

  test('a report has the server, the revision and the tool', async (t) => {
    const refuse = (body, response) => error(body, response, -32602, 'no such tea');
    const { run, server } = await openPage(t, engine, { mcp: legacyServer(refuse) });
    const call = () => outcomeOf(new MCPClient('/mcp', { reportErrors: true }).callTool('brew', { kind: 'x' }));
    const failure = await run(call);
    assert.deepEqual([failure.code, failure.message], [-32602, 'no such tea']);
    const [report] = await server.reported(1);
    assert.deepEqual(report.server, { name: 'kettle', version: '1.2.3' });
    assert.deepEqual([report.rpc.protocol_version, report.rpc.tool], ['2025-11-25', 'brew']);
    const { traceparent } = server.mcp.find(({ body }) => body?.method === 'tools/call').body.params._meta;
    assert.equal(traceparent, `00-${report.trace.trace_id}-${report.trace.span_id}-01`);
  });

  test('a legacy server of another origin works without the headers of modern MCP in its CORS list', async (t) => {
    const cors = {
      'access-control-allow-headers': 'content-type, accept, mcp-session-id, mcp-protocol-version, last-event-id',
      'access-control-expose-headers': 'mcp-session-id',
    };
    const call = (body, response) => result(body, response, { content: [] });
    const other = await otherOrigin(t, { cors, mcp: legacyServer(call) });
    const { run } = await openPage(t, engine, {});
    const callOtherOrigin = (origin) => outcomeOf(new MCPClient(`${origin}/mcp`).callTool('brew'));
    assert.deepEqual(await run(callOtherOrigin, other.origin), { value: { content: [] } });
    assert.deepEqual(names(other), ['initialize', 'notifications/initialized', 'tools/call']);
  });

  test('an aborted call rejects with the reason, is cancelled at the server, and is not reported', async (t) => {
    const call = (body, response) => body.params.name === 'reported' && error(body, response, 1, 'no');
    const { run, server } = await openPage(t, engine, { mcp: legacyServer(call) });
    await run(() => {
      window.client = new MCPClient('/mcp', { reportErrors: true });
      window.controller = new AbortController();
      window.slow = outcomeOf(client.callTool('slow', {}, { signal: controller.signal }));
    });
    await server.until(() => names(server).includes('tools/call'));
    const reasons = await run(async () => {
      controller.abort();
      const unsent = outcomeOf(client.callTool('unsent', {}, { signal: controller.signal }));
      const other = outcomeOf(client.callTool('other', {}, { signal: AbortSignal.abort(new RangeError('enough')) }));
      return [(await slow).name, (await unsent).name, (await other).message];
    });
    assert.deepEqual(reasons, ['AbortError', 'AbortError', 'enough']);
    await server.until(() => names(server).includes('notifications/cancelled'));
    const sent = (name) => server.mcp.find(({ body }) => body?.method === name).body;
    assert.equal(sent('notifications/cancelled').params.requestId, sent('tools/call').id);
    await run(() => outcomeOf(client.callTool('reported')));
    assert.deepEqual((await server.reported(1)).map(({ rpc }) => rpc.tool), ['reported']);
    assert.ok(!server.mcp.some(({ body }) => ['unsent', 'other'].includes(body?.params?.name)));
  });
}
