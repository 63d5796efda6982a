// Requests the tools of a server at a URL with the client of this package.

import { Failure } from './failure.js';
import { collectTools } from './tool-list.js';
import { oneLine } from './text.js';

// Failures that plain JSON-RPC would have as well.
const FINAL_CODES = new Set(['TIMEOUT', 'NETWORK', 'MODULE_LOAD', 'HTTP_401', 'HTTP_403']);

/** Resolves to `{info, tools, skipped}`. */
export async function toolsOfUrl(url, { timeout, headers, onProgress }) {
  // Imported here, so that --help and commands do not wait for the WebAssembly module.
  const { MCPClient, MCPError } = await import('mcp-autoheal');
  const requestTools = async (mcp) => {
    const client = new MCPClient(url, { mcp, timeout, headers, retries: 1 });
    try {
      return await toolsOfClient(client, onProgress);
    } finally {
      await Promise.resolve(client.close?.()).catch(() => {}); // the tools or the first error matter more
    }
  };
  try {
    // Nearly every server with tools is an MCP server, at any path; the others use plain JSON-RPC.
    return await requestTools('auto').catch((error) => {
      if (!(error instanceof MCPError) || FINAL_CODES.has(error.code)) throw error;
      return requestTools(false).catch(() => {
        throw error;
      });
    });
  } catch (error) {
    if (!(error instanceof MCPError)) throw error;
    const safeUrl = withoutQuery(url); // a parameter may be a secret
    const message = error.message.replaceAll(url, safeUrl);
    throw new Failure(`${safeUrl}: ${oneLine(message)} (${error.code})${advice(error)}`);
  }
}

async function toolsOfClient(client, onProgress) {
  // `listTools` fetches up to 64 pages and returns the cursor of the next page if there are more.
  const listed = await collectTools(
    (cursor) => (cursor === undefined ? client.listTools() : client.request('tools/list', { cursor })),
    onProgress,
  );
  return { info: await serverInfo(client), ...listed };
}

/** The name and version of the server. Plain JSON-RPC has no handshake, but most such servers respond to one. */
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
  if (code === 'TIMEOUT') return '; set a longer --timeout';
  if (code === 'HTTP_401' || code === 'HTTP_403')
    return "; it requires a credential: --header 'Authorization: Bearer …'";
  if (code === 'HTTP_404' || code === 'HTTP_405') return '; is the path right? Many servers listen at /mcp';
  return '';
}

function withoutQuery(url) {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
