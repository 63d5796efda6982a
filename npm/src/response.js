// The facts about a response, as bits. The module judges the call by them (sdk-wasm/src/response.rs).

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
import { isObject, isText, listOf } from './type-checks.js';

export const VERSION_HEADER = 'mcp-protocol-version';
export const SESSION_HEADER = 'mcp-session-id';

/** The facts about a parsed message; undefined stands for a body that is not JSON. */
export function factsOf(message, id) {
  if (!isObject(message)) return message === undefined ? 0 : IS_JSON;
  if (Array.isArray(message)) return IS_JSON | IS_BATCH;
  const { result, error } = message;
  let facts = IS_JSON | IS_OBJECT;
  if (message.jsonrpc === '2.0') facts |= HAS_VERSION;
  if (message.id === id) facts |= ID_MATCHES;
  else if (message.id === undefined || message.id === null) facts |= ID_MISSING;
  // A result of null is a success, and an error of null is no error. Undefined means that the member is absent.
  if (error !== undefined && error !== null) facts |= Number.isInteger(error.code) ? HAS_ERROR | HAS_ERROR_CODE : HAS_ERROR;
  if (result !== undefined) facts |= HAS_RESULT;
  if (isObject(result)) {
    if (result.isError === true) facts |= HAS_TOOL_ERROR;
    const type = result.resultType;
    if (type !== undefined && type !== 'complete') facts |= type === 'input_required' ? INPUT_REQUIRED : UNKNOWN_RESULT_TYPE;
  }
  return facts;
}

/** Puts the body of a response that is no event stream into the outcome. */
export function takeText(outcome, call, text) {
  outcome.text = text;
  try {
    outcome.message = JSON.parse(text);
  } catch {
    // Not JSON, which is no failure if no response was expected. The module decides.
  }
  outcome.facts = text ? factsOf(outcome.message, call.id) : IS_EMPTY;
  // A batch of notifications has no response, so whatever a server sends has no meaning.
  if (call.members?.every(({ kind }) => kind)) outcome.facts |= IS_BATCH;
}

/** The replies of a batch in the order of its calls. Of replies with the same id the first counts. */
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

/** The message of the server's error: the JSON-RPC error's, a JSON body's, or the HTTP status text. */
export function serverMessage({ message, response }) {
  const { error, message: text } = Object(message);
  return [error?.message, text, error, response?.statusText, ''].find(isText);
}

/** The texts in the result of a failed tool, one per line. */
export function toolMessage({ content }) {
  const texts = listOf(content).map((part) => part?.text);
  return texts.filter(isText).join('\n') || 'The tool failed without a message';
}
