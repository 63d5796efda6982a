// The facts of an answer, as bits; what they make of the call is decided in the module (sdk-wasm/src/answer.rs).

import {
  HAS_ERROR,
  HAS_ERROR_CODE,
  HAS_RESULT,
  HAS_TOOL_ERROR,
  HAS_VERSION,
  ID_MATCHES,
  ID_MISSING,
  INPUT_REQUIRED,
  IS_BATCH,
  IS_EMPTY,
  IS_JSON,
  IS_OBJECT,
  NOT_IN_BATCH,
  UNKNOWN_RESULT_TYPE,
} from '../pkg/shared-numbers.js';
import { isObject, isText, listOf } from './kinds.js';

export const VERSION_HEADER = 'mcp-protocol-version';
export const SESSION_HEADER = 'mcp-session-id';

/** The facts of a parsed message; undefined when the body was no JSON. */
export function factsOf(message, id) {
  if (!isObject(message)) return message === undefined ? 0 : IS_JSON;
  if (Array.isArray(message)) return IS_JSON | IS_BATCH;
  const { result, error } = message;
  let facts = IS_JSON | IS_OBJECT;
  if (message.jsonrpc === '2.0') facts |= HAS_VERSION;
  if (message.id === id) facts |= ID_MATCHES;
  else if (message.id === undefined || message.id === null) facts |= ID_MISSING;
  // JSON has no undefined: the member is absent. A result of null is a success, and an error of null is none.
  if (error !== undefined && error !== null) facts |= Number.isInteger(error.code) ? HAS_ERROR | HAS_ERROR_CODE : HAS_ERROR;
  if (result !== undefined) facts |= HAS_RESULT;
  if (isObject(result)) {
    if (result.isError === true) facts |= HAS_TOOL_ERROR;
    const type = result.resultType;
    if (type !== undefined && type !== 'complete') facts |= type === 'input_required' ? INPUT_REQUIRED : UNKNOWN_RESULT_TYPE;
  }
  return facts;
}

/** Takes the body of an answer that is no event stream. */
export function takeText(outcome, call, text) {
  outcome.text = text;
  try {
    outcome.message = JSON.parse(text);
  } catch {
    // Not JSON: the module says what it is instead, if an answer was expected at all.
  }
  if (text) outcome.facts = factsOf(outcome.message, call.id);
  else outcome.facts = call.members?.every(({ kind }) => kind) ? IS_EMPTY | IS_BATCH : IS_EMPTY;
}

/** The replies of a batch in the order of its calls. One to nobody is ignored, and so is a second one to the same. */
export function repliesInOrder(calls, message) {
  const replies = new Map();
  for (const reply of listOf(message)) {
    const id = Object(reply).id;
    if (!replies.has(id)) replies.set(id, reply);
  }
  return calls.map(({ id }) => replies.get(id));
}

/** One member's part of a batch's outcome. */
export function memberOutcome(outcome, call, reply) {
  const facts = reply === undefined ? NOT_IN_BATCH : factsOf(reply, call.id);
  return { ...outcome, message: reply, facts };
}

/** What the server said about its error: in JSON-RPC, in JSON of its own, or by the HTTP status. */
export function serverMessage({ message, response }) {
  const { error, message: text } = Object(message);
  return [error?.message, text, error, response?.statusText, ''].find(isText);
}

/** What a tool's result says about its failure: its texts, one per line. */
export function toolFailure({ content }) {
  const texts = listOf(content).map((part) => part?.text);
  return texts.filter(isText).join('\n') || 'The tool failed without saying why';
}
