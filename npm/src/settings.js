// The options of a client, checked once. The TypeError for a wrong one names it.

import { MAX_TIMER_MS } from './limits.js';
import { isFunction, isName, isObject, isText } from './type-checks.js';
import { VERSION } from './version.js';

/** Values of the option `mcp`. The index of each is its number in the module. */
const MODES = [false, 'auto', 'legacy', 'modern'];

const isMap = (value) => isObject(value) && !Array.isArray(value);
/** Whether a value is a compiled WebAssembly module, of any realm. */
export const isCompiled = (value) => ({}).toString.call(value) === '[object WebAssembly.Module]';
const isFlag = (value) => typeof value === 'boolean';
const isPattern = (value) => isText(value) || isFunction(value?.[Symbol.search]);
const integer = (min, max) => [
  (value) => Number.isInteger(value) && value >= min && value <= max,
  `an integer from ${min} to ${max}`,
];

// Types of options: the check, and the words of the TypeError. An absent option is never wrong.
export const TEXT = [isName, 'a non-empty string'];
const FLAG = [isFlag, 'true or false'];
const OBJECT = [isMap, 'an object'];
export const FUNCTION = [isFunction, 'a function'];
const ADDRESS = [
  (value) => isName(value) || (isName(value?.href) && String(value) === value.href),
  'an address (string or URL)',
];
const SERVER = [(value) => ADDRESS[0](value) && isFetchable(value), 'an http:// or https:// address without a password'];
const PATTERNS = [
  (value) => Array.isArray(value) && value.every(isPattern),
  'an array of strings and regular expressions',
];
const HEADERS = [isObject, 'an object of header names and values, or a function'];
const MILLISECONDS = [
  (value) => typeof value === 'number' && value >= 1 && value <= MAX_TIMER_MS,
  `a number of milliseconds from 1 to ${MAX_TIMER_MS}`,
];

const CLIENT = {
  timeout: MILLISECONDS,
  retries: integer(0, 100),
  reportErrors: [(value) => isFlag(value) || isMap(value), 'true, false or an object'],
  errorReportEndpoint: SERVER,
  clientInfo: [(value) => isName(value?.name) && isName(value.version), 'an object with name and version'],
  capabilities: OBJECT,
  wasmUrl: [
    (value) => ADDRESS[0](value) || isCompiled(value),
    'an address (string or URL) or a WebAssembly.Module',
  ],
  mcp: [(value) => MODES.includes(value), "'auto', 'legacy', 'modern' or false"],
};

const REPORTING = {
  endpoint: SERVER,
  key: TEXT,
  release: TEXT,
  environment: TEXT,
  tags: [(value) => isMap(value) && Object.values(value).every(isText), 'an object of strings'],
  user: TEXT,
  sampleRate: [(value) => typeof value === 'number' && value >= 0 && value <= 1, 'a number from 0 to 1'],
  ignoreErrors: PATTERNS,
  allowUrls: PATTERNS,
  denyUrls: PATTERNS,
  beforeSend: FUNCTION,
  maxPerMinute: integer(1, 10_000),
  captureGlobalErrors: FLAG,
  breadcrumbs: FLAG,
  offline: FLAG,
};

/** The options of one call. */
export const CALL = {
  timeout: MILLISECONDS,
  signal: [(value) => isFlag(value?.aborted) && isFunction(value.addEventListener), 'an AbortSignal'],
  onprogress: FUNCTION,
};

/** Checks the constructor's arguments and returns the settings, defaults included. */
export function settings(endpoint, options) {
  expect('"options"', OBJECT, options);
  expect('"endpoint"', SERVER, endpoint);
  check(CLIENT, options);
  const address = String(endpoint);
  const {
    timeout = 30_000,
    retries = 3,
    mcp = /^[^?#]*\/mcp\/?([?#]|$)/.test(address) && 'auto',
    headers,
    reportErrors,
    errorReportEndpoint = '/report-error',
    clientInfo = { name: 'mcp-autoheal', version: VERSION },
    capabilities = {},
    wasmUrl,
  } = options;
  return {
    endpoint: address,
    /** Whether the address names MCP; undefined if the option `mcp` is set. */
    namesMCP: options.mcp === undefined ? /^[^?#]*\b(mcp|sse)\b/i.test(address) : undefined,
    timeout,
    retries,
    mode: MODES.indexOf(mcp),
    headers: isFunction(headers) ? headers : plainHeaders(headers ?? {}),
    reporting: reportErrors ? reporting(Object(reportErrors), errorReportEndpoint) : undefined,
    clientInfo,
    capabilities,
    wasmUrl: isCompiled(wasmUrl) ? wasmUrl : wasmUrl && String(wasmUrl),
  };
}

function reporting(options, defaultEndpoint) {
  check(REPORTING, options, 'reportErrors.');
  const { key } = options;
  let endpoint = String(options.endpoint ?? defaultEndpoint);
  if (key) endpoint += `${endpoint.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}`;
  return { maxPerMinute: 30, sampleRate: 1, breadcrumbs: true, ...options, endpoint };
}

/** Whether an address can be fetched: relative, or with http:// or https://, and without credentials. */
function isFetchable(value) {
  const text = String(value).trim();
  try {
    const { username, password } = new URL(text, 'http://localhost');
    return /^(https?:\/\/|(?!https?\/\/|[^/?#]*:))/i.test(text) && !username && !password;
  } catch {
    return false;
  }
}

/** Headers as a plain object, because `fetch` copies a `Headers` for every request, at the cost of a whole call. */
export function plainHeaders(given) {
  expect('the option "headers"', HEADERS, given);
  try {
    return Object.fromEntries(new Headers(given));
  } catch (cause) {
    const message = `MCPClient: the option "headers" has a header that cannot be sent: ${cause.message}`;
    throw new TypeError(message, { cause });
  }
}

/** Throws unless all options have the types in the table. */
export function check(table, options, prefix = '') {
  for (const [name, type] of Object.entries(table)) {
    if (options[name] !== undefined) expect(`the option "${prefix}${name}"`, type, options[name]);
  }
}

/** Throws unless a value has a type. */
export function expect(subject, [hasType, words], value) {
  if (hasType(value)) return;
  let got = value === null ? 'null' : typeof value;
  // What is before an @ may be a password.
  if (/^(boolean|number|string)$/.test(got)) got += ` ${JSON.stringify(value).replace(/".*@/s, '"…@')}`;
  throw new TypeError(`MCPClient: ${subject} must be ${words}, not ${got}`);
}
