// Reports, without the module, that the module did not load. It has no scrubber, so it says little and nothing secret.

/** Sends one small report; never throws, never awaited. */
export function reportFromPlainJavaScript(reportTo, error) {
  const page = globalThis.location;
  const report = {
    error_type: error.name,
    error_message: withoutSecrets(error.message),
    stack_trace: withoutSecrets(error.stack),
    context: {
      timestamp: new Date().toISOString(),
      userAgent: globalThis.navigator?.userAgent,
      url: page && page.origin + page.pathname, // a query may hold secrets
    },
    schema: 1,
    id: globalThis.crypto?.randomUUID?.(),
    source: 'javascript_sdk',
    class: 'module',
    causes: error.cause && [{ error_type: error.cause.name, error_message: withoutSecrets(error.cause.message) }],
  };
  try {
    const foreign = page && new URL(reportTo, page.href).origin !== page.origin;
    const headers = { 'content-type': foreign ? 'text/plain' : 'application/json' };
    fetch(reportTo, { method: 'POST', headers, body: JSON.stringify(report), keepalive: true }).catch(() => {});
  } catch {
    // Nothing is left to tell it to.
  }
}

/** Text whose addresses have lost credentials, query and fragment; a frame keeps its line and column. */
export function withoutSecrets(text) {
  return String(text)
    .replace(/\/\/[^\s/@]*@/g, '//')
    .replace(/(\w:\/\/[^\s?#]*)[?#][^\s)]*?(?=(?::\d+)*\)?(?:\s|$))/g, '$1');
}
