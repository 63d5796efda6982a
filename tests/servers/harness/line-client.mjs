// The smallest MCP client: writes lines as it is told, malformed ones too, and reads answers by their id.

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

/** Starts a server, or something that looks like one, and talks to it. */
export function connect(command, options) {
  const answers = new Map();
  const strays = [];
  let begun = '';
  const decoder = new StringDecoder();

  /** Takes in the lines that are complete. */
  const onOutput = (bytes) => {
    const lines = (begun + decoder.write(bytes)).split('\n');
    begun = lines.pop();
    for (const line of lines) {
      const message = parsed(line);
      if (message && message.method === undefined && (message.id ?? null) !== null) {
        answers.set(JSON.stringify(message.id), message);
      } else strays.push(line);
    }
  };
  const program = start(command, { ...options, onOutput });

  const write = (text) => program.stdin.write(`${text}\n`);
  const answer = (id) => program.until(() => answers.get(JSON.stringify(id)), `the answer to ${JSON.stringify(id)}`);
  return {
    ...program,
    write,
    answer,
    /** Lines that were no answers: notifications, requests, noise. */
    strays,
    send: (message) => write(JSON.stringify(message)),
    request(message) {
      write(JSON.stringify(message));
      return answer(message.id);
    },
    /** The handshake; resolves to what the server says of itself. */
    async handshake() {
      write(JSON.stringify(initialize()));
      const { result } = await answer(0);
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
