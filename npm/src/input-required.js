// Input that a modern server requests from the page before it responds to a call.

import { Failure } from './error.js';
import { replyTo } from './handlers.js';

/** Maximum number of times a server may request input for one call. */
const MAX_ROUNDS = 16;

/** Gets the input from the page's handlers, to be sent with the call's next attempt. */
export async function gatherInput(connection, call, { inputRequests, requestState }, round) {
  const inputResponses = {};
  const refuse = (what) => {
    const message = `${connection.settings.endpoint} requested ${what}`;
    throw new Failure({ code: 'INPUT_REQUIRED', message, class: 'protocol', call });
  };
  if (round > MAX_ROUNDS) refuse(`input more than ${MAX_ROUNDS} times`);
  for (const [name, request] of Object.entries(inputRequests ?? {})) {
    const { method, params } = Object(request);
    const { result, error } = await replyTo(connection.requestHandlers, method, params);
    inputResponses[name] = result;
    if (error) refuse(`"${method}", which failed in this client: ${error.message}`);
  }
  const state = requestState === undefined ? '' : `,"requestState":${JSON.stringify(requestState)}`;
  call.inputs = `"inputResponses":${JSON.stringify(inputResponses)}${state}`;
}
