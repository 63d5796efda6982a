// A call: its parameters as text, its options, and its state until it is settled.

import { IDEMPOTENCE_GIVEN, IDEMPOTENT, MAY_REFRESH_HEADERS, REQUEST } from '../pkg/shared-numbers.js';
import { CALL, check, expect, plainHeaders, TEXT } from './settings.js';
import { isFunction, isObject, isText } from './type-checks.js';

/** Checks a call and makes it. The parameters become text at once, so that later changes to the object are not sent. */
export function newCall(kind, method, params, options, settings, callSite) {
  expect('"method"', TEXT, method);
  const call = new Call(kind, method, options, settings, callSite);
  if (params != null) takeParams(call, params);
  if (options != null) takeOptions(call, options);
  return call;
}

class Call {
  id = 0;
  /** Number of retries so far. */
  repeats = 0;
  /** Wait before the next attempt, in milliseconds. */
  wait = 0;
  started = performance.now();
  /** End of the attempt, as `performance.now()` has it. */
  deadline = 0;
  params;
  /** `_meta` of the parameters. */
  meta;
  /** Name of the tool or prompt, or address of the resource. */
  name;
  controller;
  /** Input that the server has requested, as members of the parameters in JSON. */
  inputs = '';
  /** The calls of a batch. */
  members;

  constructor(kind, method, options, { headers, timeout }, callSite) {
    this.kind = kind;
    this.method = method;
    this.options = options;
    this.flags = isFunction(headers) ? MAY_REFRESH_HEADERS : 0;
    this.timeout = timeout;
    /** An error made where the page called, for its stack. */
    this.callSite = callSite;
  }
}

/**
 * The method by which the module decides whether a member of a batch is safe to repeat. If the option `idempotent` is
 * set, `ping` stands for a safe call, and an empty text for any other.
 */
export function methodForRetry({ flags, method }) {
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
  const subject = `MCPClient: the params of "${call.method}"`;
  // In JSON-RPC, params are absent rather than null.
  if (typeof params !== 'object') {
    throw new TypeError(`${subject} must be an object or an array, not a ${typeof params}`);
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
    // circular, a BigInt, too deep, too long for a string, or a toJSON that throws
    throw new TypeError(`${subject} cannot be written as JSON: ${cause.message}`, { cause });
  }
  if (text?.[0] !== '{' && text?.[0] !== '[') {
    throw new TypeError(`${subject} are neither an object nor an array as JSON`);
  }
  const omitted = findOmitted(params);
  if (omitted) throw new TypeError(`${subject} cannot be written as JSON: they contain ${omitted}`);
  call.params = text;
  const name = params.name ?? params.uri;
  if (isText(name)) call.name = name;
}

/** A value that `JSON.stringify` omits silently. Undefined members do not count: they are omitted on purpose. */
function findOmitted(value) {
  const type = typeof value;
  if (type === 'function' || type === 'symbol') return `a ${type}`;
  if (!isObject(value) || isFunction(value.toJSON)) return undefined;
  if (Array.isArray(value)) {
    if (value.includes(undefined)) return 'undefined in an array';
    for (const item of value) {
      const omitted = findOmitted(item);
      if (omitted) return omitted;
    }
    return undefined;
  }
  for (const name of Object.keys(value)) {
    const omitted = findOmitted(value[name]);
    if (omitted) return `${omitted} as "${name}"`;
  }
  return undefined;
}

/** The JSON-RPC message of a call; `meta` joins the `_meta` of its parameters. */
export function wireText(call, meta) {
  const id = call.kind === REQUEST ? `"id":${call.id},` : '';
  let params = call.params;
  // An array of parameters cannot have `_meta`.
  if (params?.[0] !== '[' && (meta || call.meta || call.inputs)) {
    const metaText = meta || call.meta ? `"_meta":${JSON.stringify({ ...call.meta, ...meta })}` : '';
    const members = [params?.slice(1, -1), metaText, call.inputs].filter(Boolean).join();
    params = `{${members}}`;
  }
  return `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(call.method)}${params ? `,"params":${params}` : ''}}`;
}
