// The delivery of a call: attempts, and remedies between them, until it succeeds or fails for good.

import {
  FAILED,
  LIST_TOOLS,
  MAY_REFRESH_HEADERS,
  NEEDS_INPUT,
  NOTIFICATION,
  RECONNECT,
  RECONNECTED,
  REJECT,
  REQUEST,
  RETRY,
  SUCCEEDED,
  TIMED_OUT,
  TOOLS_LISTED,
  TOOL_FAILED,
} from '../pkg/shared-numbers.js';
import { attempt } from './attempt.js';
import { newCall } from './call.js';
import { judge } from './failure.js';
import { gatherInput } from './input-required.js';
import { isText } from './type-checks.js';

/** Sends a call and returns the outcome of the attempt that succeeded. Throws the failure otherwise. */
export async function deliver(connection, call) {
  for (let rounds = 0; ; ) {
    const outcome = await attempt(connection, call);
    const verdict = connection.session.verdict(call.kind, outcome.status, outcome.facts);
    if (verdict === SUCCEEDED || verdict === TOOL_FAILED) {
      outcome.toolFailed = verdict === TOOL_FAILED;
      return outcome;
    }
    if (verdict === NEEDS_INPUT) await gatherInput(connection, call, outcome.message.result, (rounds += 1));
    else if (await remedy(connection, call, outcome)) return outcome;
  }
}

/** Checks one member's part of a batch's outcome and returns it. Throws the member's failure. */
export function settleMember(connection, call, outcome) {
  if (call.kind === REQUEST) {
    const verdict = connection.session.verdict(REQUEST, outcome.status, outcome.facts);
    if (verdict === FAILED) throw judge(connection, call, outcome);
    outcome.toolFailed = verdict === TOOL_FAILED;
  }
  return outcome;
}

/**
 * Prepares a failed call for its next attempt. Without a remedy it throws the failure, or returns true if the failure is
 * only the server's answer to a notification, which has no meaning.
 */
export async function remedy(connection, call, outcome) {
  const failure = judge(connection, call, outcome);
  const { remedy, wait, code } = failure;
  if (remedy === REJECT) {
    // The session was lost again.
    if (wait) connection.loseSession(call.epoch);
    if (call.kind === NOTIFICATION && (call.isHandshake ? outcome.status : !isText(code))) return true;
    throw failure;
  }
  call.flags &= ~TIMED_OUT;
  if (remedy === RETRY) {
    call.repeats += 1;
    call.wait = wait;
  } else if (remedy === RECONNECT) {
    call.flags |= RECONNECTED;
    connection.loseSession(call.epoch);
  } else if (remedy === LIST_TOOLS) {
    call.flags |= TOOLS_LISTED;
    const { timeout, callSite } = call;
    const list = newCall(REQUEST, 'tools/list', {}, { timeout }, connection.settings, callSite);
    connection.keepTools((await deliver(connection, list)).message.result);
  } else {
    call.flags &= ~MAY_REFRESH_HEADERS;
  }
}
