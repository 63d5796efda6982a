// The facts of an answer, as bits; what they make of the call is decided in the module (sdk-wasm/src/answer.rs).

import { isObject, isText, listOf } from './kinds.js';
import * as fact from './numbers.js';

export const VERSION_HEADER = 'mcp-protocol-version';

/** What a call fails with, unless there is a remedy: the module's judgement by its parts' names. */
export function failureOf([remedy, wait, code, message, kind], call, outcome) {
  return { remedy, wait, code, message, class: kind, call, outcome };
}

/** The facts of a parsed message; undefined when the body was no JSON. */
export function factsOf(message, id) {
  if (!isObject(message)) return message === undefined ? 0 : fact.JSON_TEXT;
  if (Array.isArray(message)) return fact.JSON_TEXT | fact.IN_BATCH;
  const { result, error } = message;
  let facts = fact.JSON_TEXT | fact.OBJECT;
  if (message.jsonrpc === '2.0') facts |= fact.VERSION;
  if (message.id === id) facts |= fact.OURS;
  else if (message.id === undefined || message.id === null) facts |= fact.NOBODY;
  // JSON has no undefined: the member is absent. A result of null is a success, and an error of null is none.
  if (error !== undefined && error !== null) facts |= Number.isInteger(error.code) ? fact.ERROR | fact.CODE : fact.ERROR;
  if (result !== undefined) facts |= fact.RESULT;
  if (isObject(result)) {
    if (result.isError === true) facts |= fact.TOOL_FAILED;
    const type = result.resultType;
    if (type !== undefined && type !== 'complete') facts |= type === 'input_required' ? fact.INPUT_REQUIRED : fact.UNKNOWN_TYPE;
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
  else outcome.facts = call.members?.every(({ kind }) => kind) ? fact.EMPTY | fact.IN_BATCH : fact.EMPTY;
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
  const facts = reply === undefined ? fact.HOLE : factsOf(reply, call.id);
  return { ...outcome, message: reply, facts };
}

/** What the server said about its error: in JSON-RPC, in JSON of its own, or by the HTTP status. */
export function saidIn({ message, response }) {
  const { error, message: text } = Object(message);
  return [error?.message, text, error, response?.statusText, ''].find(isText);
}

/** What a tool's result says about its failure: its texts, one per line. */
export function toolFailure({ content }) {
  const texts = listOf(content).map((part) => part?.text);
  return texts.filter(isText).join('\n') || 'The tool failed without saying why';
}
