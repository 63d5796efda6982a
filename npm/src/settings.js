// The client's options, checked once; a wrong one is named in the TypeError.

const LONGEST_TIMER = 2 ** 31 - 1; // beyond it setTimeout fires at once

/** Turns the constructor's arguments into settings every part can rely on. */
export function settings(endpoint, options) {
  if (options === null || typeof options !== 'object') fail('options', 'an object', options);
  const { timeout = 30_000, retries = 3, reportErrors = false, errorReportEndpoint = '/report-error' } = options;
  if (typeof reportErrors !== 'boolean') fail('reportErrors', 'true or false', reportErrors);
  if (!Number.isInteger(retries) || retries < 0 || retries > 100) fail('retries', 'a whole number from 0 to 100', retries);
  return {
    endpoint: address('endpoint', endpoint),
    timeout: milliseconds('timeout', timeout),
    retries,
    reportTo: reportErrors ? address('errorReportEndpoint', errorReportEndpoint) : undefined,
    headers: headers(options.headers ?? {}),
  };
}

/** A timeout, of the client or of one call. */
export function milliseconds(name, value) {
  const valid = typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER;
  return valid ? value : fail(name, `a number of milliseconds from 1 to ${LONGEST_TIMER}`, value);
}

function address(name, value) {
  if (value instanceof URL) return value.href;
  return typeof value === 'string' && value !== '' ? value : fail(name, 'an address (text or URL)', value);
}

function headers(given) {
  if (typeof given !== 'object') fail('headers', 'an object of header names and values', given);
  let made;
  try {
    made = new Headers(given);
  } catch (cause) {
    throw new TypeError(`MCPClient: the option "headers" holds a header that cannot be sent: ${cause.message}`, { cause });
  }
  if (!made.has('content-type')) made.set('content-type', 'application/json');
  if (!made.has('accept')) made.set('accept', 'application/json');
  return made;
}

function fail(name, expected, value) {
  let got = value === null ? 'null' : typeof value;
  if (['boolean', 'number', 'string'].includes(got)) got = `${got} ${JSON.stringify(value)}`;
  throw new TypeError(`MCPClient: the option "${name}" must be ${expected}, not ${got}`);
}
