// A call as it is kept until it is settled; the module reads these fields (sdk-wasm/src/shell.rs).

import { milliseconds } from './settings.js';

export const REQUEST = 0;
export const NOTIFICATION = 1;
export const BATCH = 2;

/** Checks a call and takes its parameters as text, so that changes made after the call are not sent. */
export function newCall(kind, method, params, options, settings, trace) {
  if (typeof method !== 'string' || method === '') {
    throw new TypeError('MCPClient: "method" must be a text that is not empty');
  }
  return {
    kind,
    method,
    params: asJson(method, params),
    tool: method === 'tools/call' && typeof params?.name === 'string' ? params.name : undefined,
    id: undefined,
    idempotent: options?.idempotent,
    timeout: options?.timeout === undefined ? settings.timeout : milliseconds('timeout', options.timeout),
    repeats: 0,
    started: performance.now(),
    trace,
    members: undefined,
  };
}

/** The call as it goes over the wire. */
export function wireText(call) {
  const id = call.id === undefined ? '' : `"id":${call.id},`;
  const params = call.params === undefined ? '' : `,"params":${call.params}`;
  return `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(call.method)}${params}}`;
}

function asJson(method, params) {
  if (params === undefined || params === null) return undefined; // JSON-RPC wants the member left out, not null
  if (typeof params !== 'object') {
    throw new TypeError(`MCPClient: the params of "${method}" must be an object or an array, not a ${typeof params}`);
  }
  let text;
  try {
    text = JSON.stringify(params);
  } catch (cause) {
    // circular, a BigInt, too deep, or a toJSON that throws
    throw new TypeError(`MCPClient: the params of "${method}" cannot be written as JSON: ${cause.message}`, { cause });
  }
  if (text?.[0] !== '{' && text?.[0] !== '[') {
    throw new TypeError(`MCPClient: the params of "${method}" are neither an object nor an array as JSON`);
  }
  return text;
}
