// Asks a server at an address for its tools, by the package's own client.

import { Failure } from './failure.js';
import { collectTools } from './tool-list.js';
import { oneLine } from './text.js';

// These failures are the same whichever way one asks.
const FINAL = new Set(['TIMEOUT', 'NETWORK', 'MODULE_LOAD', 'HTTP_401', 'HTTP_403']);

/** Resolves to `{info, tools, skipped}`. */
export async function toolsOfAddress(url, { timeout, headers, onProgress }) {
  // Only here, so that help and commands do not wait for the module.
  const { MCPClient, MCPError } = await import('mcp-autoheal');
  const ask = async (mcp) => {
    const client = new MCPClient(url, { mcp, timeout, headers, retries: 1 });
    try {
      return await toolsOfClient(client, onProgress);
    } finally {
      await Promise.resolve(client.close?.()).catch(() => {}); // the tools are here, or a better error is
    }
  };
  try {
    // Nearly every server with tools speaks MCP, whatever its path; the rest answers plain JSON-RPC.
    return await ask('auto').catch((error) => {
      if (!(error instanceof MCPError) || FINAL.has(error.code)) throw error;
      return ask(false).catch(() => {
        throw error;
      });
    });
  } catch (error) {
    if (!(error instanceof MCPError)) throw error;
    const place = withoutQuery(url);
    const message = error.message.replaceAll(url, place); // a parameter may be a key
    throw new Failure(`${place}: ${oneLine(message)} (${error.code})${advice(error)}`);
  }
}

async function toolsOfClient(client, onProgress) {
  // The client walks the pages itself; one that gives a single page is asked on.
  const listed = await collectTools(
    (cursor) => (cursor === undefined ? client.listTools() : client.request('tools/list', { cursor })),
    onProgress,
  );
  return { info: await serverInfo(client), ...listed };
}

/** Who the server is. Plain JSON-RPC has no handshake that says so, but most such servers answer one. */
async function serverInfo(client) {
  const known = await client.getServerVersion?.();
  if (known) return known;
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'mcp-autoheal', version: '0' },
  };
  return client.request('initialize', params).then(
    (result) => result?.serverInfo,
    () => undefined,
  );
}

function advice({ code, cause }) {
  const reason = cause?.cause?.code ?? cause?.code;
  if (code === 'NETWORK') return `; does the server run${reason ? ` (${reason})` : ''}?`;
  if (code === 'TIMEOUT') return '; give it longer with --timeout';
  if (code === 'HTTP_401' || code === 'HTTP_403') return "; it wants a credential: --header 'Authorization: Bearer …'";
  if (code === 'HTTP_404' || code === 'HTTP_405') return '; is the path right? Many servers listen at /mcp';
  return '';
}

function withoutQuery(url) {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
