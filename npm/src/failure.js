// The failure of a call, as the module judges it.

import { HAS_ERROR_CODE } from '../pkg/shared-numbers.js';
import { isForeign } from './page.js';
import { serverMessage, SESSION_HEADER } from './response.js';

/** Maximum length of the beginning of a body that is judged and reported, in UTF-16 units. */
export const BODY_START = 500;

/** The failure of an attempt: code, message and class of its error, and the remedy. */
export function judge(connection, call, outcome) {
  const { session } = connection;
  const { kind, flags, repeats, timeout, methods = call.method } = call;
  const { status, facts, message, text, response } = outcome;
  const judgement = session.judge({
    kind,
    flags,
    repeats,
    timeout,
    methods,
    status,
    facts,
    errorCode: facts & HAS_ERROR_CODE ? message.error.code : NaN,
    serverMessage: serverMessage(outcome),
    bodyStart: text.slice(0, BODY_START),
    ids: `${JSON.stringify(message?.id)}, not ${call.id}`,
    retryAfter: response?.headers.get('retry-after'),
  });
  const failure = failureOf(judgement, call, outcome);
  failure.message += adviceFor(connection, failure);
  return failure;
}

/** What can be changed after a failure, as the end of its message. */
function adviceFor({ settings: { endpoint, mayBeMCP }, isMCP, session }, { code, message, call }) {
  const isRefused = /^HTTP_40/.test(code);
  const namesSession = /session|initiali|event.stream/i.test(message);
  if (!isMCP) return mayBeMCP && (isRefused || namesSession) ? ". For an MCP server, set the option mcp: 'auto'" : '';
  if (isRefused && call.method === 'initialize') return '. HTTP+SSE, the transport of 2024-11-05, is not supported';
  const isHidden = namesSession && isForeign(endpoint) && !session.headers().has(SESSION_HEADER);
  return isHidden ? '. With CORS, the server must expose the header mcp-session-id' : '';
}

/** A judgement of the module by the names of its parts. */
export function failureOf([remedy, wait, code, message, kind], call, outcome) {
  return { remedy, wait, code, message, class: kind, call, outcome };
}
