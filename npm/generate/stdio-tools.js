// Asks a server over stdio for its tools, in the older era of the protocol or the newer.

import { collectTools } from './tool-list.js';
import { isRecord } from './json-type.js';
import { StdioServer } from './stdio.js';
import { oneLine } from './text.js';

const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';
const KEY = 'io.modelcontextprotocol/';

/** Resolves to `{server, tools}`; the server has ended by then. `started` gets it, to be killed if we are. */
export async function toolsOfCommand(command, { timeout, client, onProgress, started }) {
  const server = new StdioServer(command, timeout);
  started(server);
  try {
    const { info, meta } = await open(server, client);
    const tools = await collectTools(async (cursor) => {
      const params = { ...(meta && { _meta: meta }), ...(cursor !== undefined && { cursor }) };
      const { result, error } = await server.request('tools/list', params);
      if (error !== undefined) throw refused(server, 'tools/list', error);
      return result;
    }, onProgress);
    return { info, ...tools };
  } finally {
    await server.close();
  }
}

/** Shakes hands where the server knows that, and finds out who it is. `meta` is what each request has to carry. */
async function open(server, client) {
  const shaken = await server.request('initialize', {
    protocolVersion: LEGACY,
    capabilities: {},
    clientInfo: client,
  });
  if (shaken.error === undefined) {
    server.notify('notifications/initialized');
    return { info: shaken.result?.serverInfo };
  }

  // A server of the newer era only has no handshake; which error it answers with is not settled among servers.
  const discover = async (version) => {
    const meta = { [`${KEY}protocolVersion`]: version, [`${KEY}clientInfo`]: client, [`${KEY}clientCapabilities`]: {} };
    return { meta, ...(await server.request('server/discover', { _meta: meta })) };
  };
  let found = await discover(MODERN);
  const [other] = [found.error?.data?.supported].flat().filter((version) => typeof version === 'string');
  if (found.error !== undefined && other !== undefined && other !== MODERN) found = await discover(other);
  if (found.error !== undefined) throw refused(server, 'initialize', shaken.error);
  const { result, meta } = found;
  const info = isRecord(result?._meta) && result._meta[`${KEY}serverInfo`];
  return { info: info || result?.serverInfo, meta };
}

function refused(server, method, { code, message }) {
  return server.failure(
    `refused ${method}: ${oneLine(String(message ?? 'no message'))} (code ${Number(code)}); is it an MCP server?`,
  );
}
