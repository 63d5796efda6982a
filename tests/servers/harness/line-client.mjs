// A minimal MCP client over stdio, which can also write malformed lines.

import { StringDecoder } from 'node:string_decoder';

import { start } from './program.mjs';

/** The newest protocol revisions with a handshake and without. */
export const LEGACY = '2025-11-25';
export const MODERN = '2026-07-28';

const META_PREFIX = 'io.modelcontextprotocol/';
const CLIENT = { name: 'test-client', version: '1.0.0' };

/** The first request of a legacy conversation. */
export const initialize = (id = 0, protocolVersion = LEGACY) => ({
  jsonrpc: '2.0',
  id,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: CLIENT },
});

export const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** The parameters of a modern request. */
export const modernParams = (params) => ({
  ...params,
  _meta: {
    [`${META_PREFIX}protocolVersion`]: MODERN,
    [`${META_PREFIX}clientCapabilities`]: {},
    [`${META_PREFIX}clientInfo`]: CLIENT,
  },
});

/** Starts a server and connects to it. */
export function connect(command, options) {
  const responses = new Map();
  const otherLines = [];
  let incomplete = '';
  const decoder = new StringDecoder();

  /** Reads the complete lines. */
  const onOutput = (bytes) => {
    const lines = (incomplete + decoder.write(bytes)).split('\n');
    incomplete = lines.pop();
    for (const line of lines) {
      const message = parsed(line);
      if (message && message.method === undefined && (message.id ?? null) !== null) {
        responses.set(JSON.stringify(message.id), message);
      } else otherLines.push(line);
    }
  };
  const program = start(command, { ...options, onOutput });

  const write = (text) => program.stdin.write(`${text}\n`);
  const responseTo = (id) =>
    program.until(() => responses.get(JSON.stringify(id)), `the response to ${JSON.stringify(id)}`);
  return {
    ...program,
    write,
    responseTo,
    /** Lines that are not responses: notifications, requests, noise. */
    otherLines,
    send: (message) => write(JSON.stringify(message)),
    request(message) {
      write(JSON.stringify(message));
      return responseTo(message.id);
    },
    /** Performs the handshake. Resolves to its result. */
    async handshake() {
      write(JSON.stringify(initialize()));
      const { result } = await responseTo(0);
      write(JSON.stringify(initialized));
      return result;
    },
  };
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
