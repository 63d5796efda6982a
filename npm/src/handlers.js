// The page's handlers for requests of the server.

import { read, textOf } from './type-checks.js';

/** The reply to a request of the server: the members `result` or `error` of a JSON-RPC response. */
export async function replyTo(handlers, method, params) {
  const handler = handlers.get(method);
  try {
    if (handler) {
      const result = (await handler({ method, params })) ?? {};
      return { result: method === 'elicitation/create' ? withDefaults(result, params?.requestedSchema) : result };
    }
  } catch (error) {
    const code = read(error, 'code');
    const message = textOf(read(error, 'message') ?? error);
    return { error: { code: Number.isInteger(code) ? code : -32603, message } };
  }
  if (method === 'ping') return { result: {} };
  return { error: { code: -32601, message: `No handler is set: setRequestHandler('${method}', …)` } };
}

/** The capabilities of this client: the ones the handlers imply, and the ones the page has given. */
export function capabilitiesOf(handlers, given) {
  const capabilities = {};
  if (handlers.has('elicitation/create')) capabilities.elicitation = { form: { applyDefaults: true } };
  if (handlers.has('sampling/createMessage')) capabilities.sampling = {};
  if (handlers.has('roots/list')) capabilities.roots = {};
  return { ...capabilities, ...given };
}

/** An accepted form, with the schema's defaults for missing values. */
function withDefaults(result, schema) {
  if (result.action !== 'accept') return result;
  const content = { ...result.content };
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    if (content[name] === undefined && property?.default !== undefined) content[name] = property.default;
  }
  return { ...result, content };
}
