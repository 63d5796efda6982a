// Reading an event stream up to the response it carries.

import { EventStream } from '../pkg/glue.js';
import { pause } from './deadline.js';
import { isEventStream, requestHeaders, send } from './request.js';
import { factsOf } from './response.js';
import { receive } from './server-messages.js';
import { isText } from './type-checks.js';

/** Time for a stream to end by itself after its response, in milliseconds. */
const GRACE = 100;

/** Reads the response into the outcome. Resumes a broken stream on a new connection. Passes on other messages. */
export async function readStream(connection, call, response, outcome) {
  const stream = new EventStream();
  const decoder = new TextDecoder();
  const { signal } = call.controller;
  try {
    // `resumes` is the number of connections in a row without a message.
    for (let resumes = 0; ; resumes += 1) {
      const reader = response.body.getReader();
      let failure = new Error('the event stream ended before the response');
      try {
        for (let chunk; !(chunk = await reader.read()).done; ) {
          const texts = stream.feed(chunk.value);
          if (!texts) throw new Error('an event of the stream is too large');
          for (const text of decoder.decode(texts).split('\n').filter(Boolean)) {
            resumes = 0;
            takeMessages(connection, call, parse(connection, text), response, outcome);
          }
          if (outcome.status) return letEnd(reader);
        }
      } catch (error) {
        failure = error;
      }
      const lastId = stream.last_id();
      const wait = signal.aborted
        ? undefined
        : connection.session.resume_after(lastId?.length > 0, resumes, stream.retry());
      if (wait === undefined) throw failure;
      await pause(wait, signal);
      const headers = await requestHeaders(connection, {}, { 'last-event-id': decoder.decode(lastId) });
      response = await send(connection, 'GET', call, headers);
      if (!isEventStream(connection, response)) throw failure;
    }
  } finally {
    call.retry = stream.retry();
    stream.free();
  }
}

function parse({ onerror }, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Any other text is a heartbeat.
    if (/^\s*[{[]/.test(text)) onerror(error);
    return [];
  }
}

/** Puts the response to the call into the outcome, and passes on other messages. */
export function takeMessages(connection, call, messages, response, outcome) {
  for (const item of [messages].flat()) {
    const message = Object(item);
    call.heard = true;
    // A response with an id of null is for a request the server could not read. It needs a result or an error. Some
    // servers say "server-error" instead; the ids of this client are numbers.
    const { id, result, error } = message;
    const isResponse = id === call.id || (id == null && (result ?? error)) || (isText(id) && error);
    if (message.method !== undefined || !isResponse) {
      receive(connection, message, call);
    } else {
      outcome.message = message;
      outcome.facts = factsOf(message, call.id);
      outcome.status = response.status;
    }
  }
}

/** Reads on for a moment, because a stream that ends by itself leaves its connection for other requests. */
function letEnd(reader) {
  const end = () => reader.cancel().catch(() => {});
  const timer = setTimeout(end, GRACE);
  reader.read().then(end, end).finally(() => clearTimeout(timer));
}
