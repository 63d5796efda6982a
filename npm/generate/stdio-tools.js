// Requests the tools of a server over stdio, with the handshake of older protocol revisions or without.

import { collectTools } from './tool-list.js';
import { isRecord } from './json-type.js';
import { StdioServer } from './stdio.js';
import { oneLine } from './text.js';

const LEGACY_REVISION = '2025-11-25';
const MODERN_REVISION = '2026-07-28';
const META_PREFIX = 'io.modelcontextprotocol/';

/**
 * Resolves to `{info, tools, skipped}` when the server has ended. `onStart(server)` is called at once, so that a signal
 * handler can kill the server.
 */
export async function toolsOfCommand(command, { timeout, client, onProgress, onStart }) {
  const server = new StdioServer(command, timeout);
  onStart(server);
  try {
    const { info, meta } = await connect(server, client);
    const listed = await collectTools(async (cursor) => {
      const params = { ...(meta && { _meta: meta }), ...(cursor !== undefined && { cursor }) };
      const { result, error } = await server.request('tools/list', params);
      if (error !== undefined) throw refused(server, 'tools/list', error);
      return result;
    }, onProgress);
    return { info, ...listed };
  } finally {
    await server.close();
  }
}

/** Performs the handshake if the server has one. Resolves to `{info, meta}`: each request must have `meta`. */
async function connect(server, client) {
  const handshake = await server.request('initialize', {
    protocolVersion: LEGACY_REVISION,
    capabilities: {},
    clientInfo: client,
  });
  if (handshake.error === undefined) {
    server.notify('notifications/initialized');
    return { info: handshake.result?.serverInfo };
  }

  // A server without the handshake responds with an error, and servers do not agree on its code.
  const discover = async (version) => {
    const meta = {
      [`${META_PREFIX}protocolVersion`]: version,
      [`${META_PREFIX}clientInfo`]: client,
      [`${META_PREFIX}clientCapabilities`]: {},
    };
    return { meta, ...(await server.request('server/discover', { _meta: meta })) };
  };
  let discovery = await discover(MODERN_REVISION);
  const [alternative] = [discovery.error?.data?.supported].flat().filter((version) => typeof version === 'string');
  if (discovery.error !== undefined && alternative !== undefined && alternative !== MODERN_REVISION)
    discovery = await discover(alternative);
  if (discovery.error !== undefined) throw refused(server, 'initialize', handshake.error);
  const { result, meta } = discovery;
  const info = isRecord(result?._meta) && result._meta[`${META_PREFIX}serverInfo`];
  return { info: info || result?.serverInfo, meta };
}

function refused(server, method, { code, message }) {
  return server.failure(
    `refused ${method}: ${oneLine(String(message ?? 'no message'))} (code ${Number(code)}); is it an MCP server?`,
  );
}
