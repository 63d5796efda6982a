// One POST: what became of it, told without ever throwing.

/** Sends `body` and reads the whole answer within `timeout` milliseconds. */
export async function post(endpoint, headers, body, timeout) {
  const outcome = {
    status: 0,
    statusText: '',
    retryAfter: undefined,
    text: '',
    message: undefined,
    timedOut: false,
    thrown: undefined,
  };
  const controller = new AbortController();
  const timer = setTimeout(() => {
    outcome.timedOut = true;
    controller.abort();
  }, timeout);
  try {
    const response = await fetch(endpoint, { method: 'POST', headers, body, signal: controller.signal });
    outcome.text = await response.text();
    // The status comes last: an answer that breaks off is no answer.
    outcome.status = response.status;
    if (!response.ok) {
      outcome.statusText = response.statusText;
      outcome.retryAfter = response.headers.get('retry-after') ?? undefined;
    }
  } catch (error) {
    outcome.thrown = error;
    return outcome;
  } finally {
    clearTimeout(timer);
  }
  try {
    outcome.message = JSON.parse(outcome.text);
  } catch {
    // Not JSON: the module says what it is instead, if an answer was expected at all.
  }
  return outcome;
}
