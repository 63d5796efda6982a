// The failure of a call, as the module judges it.

import { HAS_ERROR_CODE } from '../pkg/shared-numbers.js';
import { serverMessage } from './response.js';

/** Maximum length of the beginning of a body that is judged and reported, in UTF-16 units. */
export const BODY_START = 500;

/** The failure of an attempt: code, message and class of its error, and the remedy. */
export function judge({ session }, call, outcome) {
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
  return failureOf(judgement, call, outcome);
}

/** A judgement of the module by the names of its parts. */
export function failureOf([remedy, wait, code, message, kind], call, outcome) {
  return { remedy, wait, code, message, class: kind, call, outcome };
}
