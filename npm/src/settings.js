// The client's options, checked once; a wrong one is named in the TypeError.

import { isFunction, isObject, isText } from './kinds.js';
import { LONGEST_TIMER } from './limits.js';
import { VERSION } from './version.js';

/** As the module numbers them. */
const MODES = [false, 'auto', 'legacy', 'modern'];

const isName = (value) => isText(value) && value !== '';
const isMap = (value) => isObject(value) && !Array.isArray(value);
const isFlag = (value) => typeof value === 'boolean';
const isPattern = (value) => isText(value) || value instanceof RegExp;
const whole = (least, most) => [
  (value) => Number.isInteger(value) && value >= least && value <= most,
  `a whole number from ${least} to ${most}`,
];

// What an option may be, and how that is said; one that is left out is never wrong.
export const TEXT = [isName, 'a text that is not empty'];
const FLAG = [isFlag, 'true or false'];
const OBJECT = [isMap, 'an object'];
export const FUNCTION = [isFunction, 'a function'];
const ADDRESS = [(value) => isName(value) || value instanceof URL, 'an address (text or URL)'];
const PATTERNS = [
  (value) => Array.isArray(value) && value.every(isPattern),
  'a list of texts and regular expressions',
];
const HEADERS = [isObject, 'an object of header names and values, or a function'];
const MILLISECONDS = [
  (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER,
  `a number of milliseconds from 1 to ${LONGEST_TIMER}`,
];

const CLIENT = {
  timeout: MILLISECONDS,
  retries: whole(0, 100),
  reportErrors: [(value) => isFlag(value) || isMap(value), 'true, false or an object'],
  errorReportEndpoint: ADDRESS,
  clientInfo: [(value) => isName(value?.name) && isName(value.version), 'an object with name and version'],
  capabilities: OBJECT,
  wasmUrl: ADDRESS,
  mcp: [(value) => MODES.includes(value), "'auto', 'legacy', 'modern' or false"],
};

const REPORTING = {
  endpoint: ADDRESS,
  key: TEXT,
  release: TEXT,
  environment: TEXT,
  tags: [(value) => isMap(value) && Object.values(value).every(isText), 'an object of texts'],
  user: TEXT,
  sampleRate: [(value) => typeof value === 'number' && value >= 0 && value <= 1, 'a number from 0 to 1'],
  ignoreErrors: PATTERNS,
  allowUrls: PATTERNS,
  denyUrls: PATTERNS,
  beforeSend: FUNCTION,
  maxPerMinute: whole(1, 10_000),
  captureGlobalErrors: FLAG,
  breadcrumbs: FLAG,
  offline: FLAG,
};

/** The options of one call. */
export const CALL = {
  timeout: MILLISECONDS,
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
  onprogress: FUNCTION,
};

/** Turns the constructor's arguments into settings every part can rely on. */
export function settings(endpoint, options) {
  expect('"options"', OBJECT, options);
  expect('"endpoint"', ADDRESS, endpoint);
  check(CLIENT, options);
  const to = String(endpoint);
  const {
    timeout = 30_000,
    retries = 3,
    mcp = /^[^?#]*\/mcp\/?([?#]|$)/.test(to) && 'auto',
    headers,
    reportErrors,
    errorReportEndpoint = '/report-error',
    clientInfo = { name: 'mcp-autoheal', version: VERSION },
    capabilities = {},
    wasmUrl,
  } = options;
  return {
    endpoint: to,
    timeout,
    retries,
    mode: MODES.indexOf(mcp),
    headers: isFunction(headers) ? headers : plainHeaders(headers ?? {}),
    reporting: reportErrors ? reporting(Object(reportErrors), errorReportEndpoint) : undefined,
    clientInfo,
    capabilities,
    wasmUrl: wasmUrl && String(wasmUrl),
  };
}

function reporting(options, otherwise) {
  check(REPORTING, options, 'reportErrors.');
  const { key } = options;
  let endpoint = String(options.endpoint ?? otherwise);
  if (key) endpoint += `${endpoint.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}`;
  return { maxPerMinute: 30, sampleRate: 1, breadcrumbs: true, ...options, endpoint };
}

/** Headers as a plain object: `fetch` copies a `Headers` anew for every request, which costs as much as the call. */
export function plainHeaders(given) {
  expect('the option "headers"', HEADERS, given);
  try {
    return Object.fromEntries(new Headers(given));
  } catch (cause) {
    throw new TypeError(`MCPClient: the option "headers" holds a header that cannot be sent: ${cause.message}`, { cause });
  }
}

/** Throws unless all options are as they should be. */
export function check(table, options, prefix = '') {
  for (const name in table) if (options[name] !== undefined) expect(`the option "${prefix}${name}"`, table[name], options[name]);
}

/** Throws unless a value is as it should be. */
export function expect(what, [holds, expected], value) {
  if (holds(value)) return;
  let got = value === null ? 'null' : typeof value;
  if (/^(boolean|number|string)$/.test(got)) got += ` ${JSON.stringify(value)}`;
  throw new TypeError(`MCPClient: ${what} must be ${expected}, not ${got}`);
}
