// Shared by the tests of the client: a server and a client that end with the test.

import { MCPClient } from '../dist/mcp-autoheal.js';
import { error, startServer } from './server.mjs';

export { MCPClient, MCPError } from '../dist/mcp-autoheal.js';
export { error, json, result } from './server.mjs';

/** A server that responds with `handle`, and a client for it. */
export async function connect(t, handle, options = {}) {
  const server = await startServer(handle);
  t.after(() => server.close());
  const client = new MCPClient(server.endpoint, options);
  return { client, server };
}

/** The same, with reporting on. */
export async function connectReporting(t, handle, options = {}) {
  const server = await startServer(handle);
  t.after(() => server.close());
  const client = new MCPClient(server.endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo, ...options });
  return { client, server };
}

/** A client with these reporting options, whose calls all fail. `reports()` resolves to all reports after a flush. */
export async function connectFailing(t, options) {
  const fail = (body, response) => error(body, response, 1, body.params?.message ?? body.method);
  const { server } = await connect(t, fail);
  const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, ...options } });
  t.after(() => client.close());
  const failing = (message = 'no tea') => rejection(client.request('brew', { message }));
  const reports = async () => {
    if (!(await client.flush(3000))) throw new Error('not all reports were delivered in time');
    return server.reports.map(({ report }) => report);
  };
  return { client, server, failing, reports };
}

/** Resolves to the rejection reason of the promise. */
export async function rejection(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason) => ({ reason }),
  );
  if (!('reason' in outcome)) throw new Error(`the promise resolved to ${JSON.stringify(outcome.value)}`);
  return outcome.reason;
}
