// A call as it is kept until it is settled.

import { IDEMPOTENCE_GIVEN, IDEMPOTENT, MAY_REFRESH_HEADERS, REQUEST } from '../pkg/shared-numbers.js';
import { isFunction, isObject, isText } from './kinds.js';
import { CALL, check, expect, plainHeaders, TEXT } from './settings.js';

/** Checks a call and takes its parameters as text, so that changes made after the call are not sent. */
export function newCall(kind, method, params, options, settings, trace) {
  expect('"method"', TEXT, method);
  const call = new Call(kind, method, options, settings, trace);
  if (params != null) takeParams(call, params);
  if (options != null) takeOptions(call, options);
  return call;
}

class Call {
  id = 0;
  repeats = 0;
  /** How long the next attempt waits, in milliseconds. */
  wait = 0;
  started = performance.now();
  due = 0;
  params;
  /** `_meta` of the parameters, which ours is joined to. */
  meta;
  /** The tool, resource or prompt. */
  name;
  controller;
  /** The answers the server asked for before it answers, as members of the parameters in JSON. */
  inputs = '';
  members;

  constructor(kind, method, options, { headers, timeout }, trace) {
    this.kind = kind;
    this.method = method;
    this.options = options;
    this.flags = isFunction(headers) ? MAY_REFRESH_HEADERS : 0;
    this.timeout = timeout;
    this.trace = trace;
  }
}

/** The method that is as repeatable as this call, which may say otherwise than its own. */
export function repeatableAs({ flags, method }) {
  if (flags & IDEMPOTENCE_GIVEN) return flags & IDEMPOTENT ? 'ping' : '';
  return method;
}

function takeOptions(call, options) {
  check(CALL, options);
  const { timeout, idempotent, headers } = options;
  if (timeout !== undefined) call.timeout = timeout;
  if (idempotent !== undefined) call.flags |= idempotent ? IDEMPOTENCE_GIVEN | IDEMPOTENT : IDEMPOTENCE_GIVEN;
  if (headers !== undefined) call.headers = plainHeaders(headers);
}

function takeParams(call, params) {
  const what = `MCPClient: the params of "${call.method}"`;
  // JSON-RPC wants the member left out, not null.
  if (typeof params !== 'object') {
    throw new TypeError(`${what} must be an object or an array, not a ${typeof params}`);
  }
  let text;
  try {
    if (params._meta) {
      const { _meta, ...others } = params;
      call.meta = JSON.parse(JSON.stringify(_meta));
      params = others;
    }
    text = JSON.stringify(params);
  } catch (cause) {
    // circular, a BigInt, too deep, too long for a text, or a toJSON that throws
    throw new TypeError(`${what} cannot be written as JSON: ${cause.message}`, { cause });
  }
  if (text?.[0] !== '{' && text?.[0] !== '[') {
    throw new TypeError(`${what} are neither an object nor an array as JSON`);
  }
  const lost = findLost(params);
  if (lost) throw new TypeError(`${what} cannot be written as JSON: they hold ${lost}`);
  call.params = text;
  const name = params.name ?? params.uri;
  if (isText(name)) call.name = name;
}

/** What JSON would leave out without a word. A member that is undefined is left out on purpose everywhere. */
function findLost(value) {
  const type = typeof value;
  if (type === 'function' || type === 'symbol') return `a ${type}`;
  if (!isObject(value) || isFunction(value.toJSON)) return undefined;
  if (Array.isArray(value)) {
    if (value.includes(undefined)) return 'undefined in a list';
    for (const item of value) {
      const lost = findLost(item);
      if (lost) return lost;
    }
    return undefined;
  }
  for (const name in value) {
    const lost = findLost(value[name]);
    if (lost && Object.hasOwn(value, name)) return `${lost} as "${name}"`;
  }
  return undefined;
}

/** The call as it goes over the wire; `meta` is what every request of this era tells, or undefined. */
export function wireText(call, meta) {
  const id = call.kind === REQUEST ? `"id":${call.id},` : '';
  let params = call.params;
  // Parameters by position have no place for it.
  if (params?.[0] !== '[' && (meta || call.meta || call.inputs)) {
    const told = meta || call.meta ? `"_meta":${JSON.stringify({ ...call.meta, ...meta })}` : '';
    const members = [params?.slice(1, -1), told, call.inputs].filter(Boolean).join();
    params = `{${members}}`;
  }
  return `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(call.method)}${params ? `,"params":${params}` : ''}}`;
}
