// The failure of a call, as the module judges it.

import { HAS_ERROR_CODE } from '../pkg/shared-numbers.js';
import { Failure } from './error.js';
import { isForeign } from './page.js';
import { sessionHeaders } from './request.js';
import { serverMessage, SESSION_HEADER } from './response.js';

/** Maximum length of the beginning of a body that is judged and reported, in UTF-16 units. */
export const BODY_START = 500;

/** The failure of an attempt: code, message and class of its error, and the remedy. */
export function judge(connection, call, outcome) {
  const { session } = connection;
  const { kind, flags, repeats, timeout, methods = call.method } = call;
  const { status, facts, message, text, response } = outcome;
  const judgement = session.judge(
    kind,
    flags,
    repeats,
    timeout,
    status,
    facts,
    facts & HAS_ERROR_CODE ? message.error.code : NaN,
    methods,
    serverMessage(outcome),
    text.slice(0, BODY_START),
    `${JSON.stringify(message?.id)}, not ${call.id}`,
    response?.headers.get('retry-after'),
  );
  const failure = failureOf(judgement, call, outcome);
  failure.message += adviceFor(connection, failure);
  return failure;
}

/** What can be changed after a failure, as the end of its message. */
function adviceFor({ settings: { endpoint, namesMCP }, isMCP, session }, { code, message, call }) {
  const isRefused = /^HTTP_40/.test(code);
  if (!isMCP) {
    const isLikely = /not initiali|event.stream|(valid|missing) session id/i.test(message) || (namesMCP && isRefused);
    return isLikely && namesMCP !== undefined ? ". For MCP, set the option mcp: 'auto'" : '';
  }
  if (isRefused && call.method === 'initialize') return '. HTTP+SSE of 2024-11-05 is not supported';
  const isHidden = /session|initiali/i.test(message) && isForeign(endpoint) && !sessionHeaders({ session })[SESSION_HEADER];
  return isHidden ? '. CORS must expose the header mcp-session-id' : '';
}

/** A judgement of the module by the names of its parts. An empty code stands for the code of the server's error. */
export function failureOf(judgement, call, outcome) {
  const [remedy, wait, code, kind, ...message] = judgement.split('\n');
  return new Failure({
    remedy: +remedy,
    wait: +wait,
    code: code || outcome.message.error.code,
    message: message.join('\n'),
    class: kind,
    call,
    outcome,
  });
}
