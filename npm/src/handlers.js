// What the server may ask the page: pings, and what handlers were set for.

/** The answer to one request of the server, as the members of a JSON-RPC response. */
export async function answerTo(handlers, method, params) {
  const handler = handlers.get(method);
  try {
    if (handler) {
      const result = (await handler({ method, params })) ?? {};
      return { result: method === 'elicitation/create' ? withDefaults(result, params?.requestedSchema) : result };
    }
  } catch (error) {
    const code = Number.isInteger(error?.code) ? error.code : -32603;
    return { error: { code, message: String(error?.message ?? error) } };
  }
  if (method === 'ping') return { result: {} };
  return { error: { code: -32601, message: `No handler is set: setRequestHandler('${method}', …)` } };
}

/** What this client can be asked for: what there is a handler for, and what the page says besides. */
export function capabilitiesOf(handlers, given) {
  const capabilities = {};
  if (handlers.has('elicitation/create')) capabilities.elicitation = { form: { applyDefaults: true } };
  if (handlers.has('sampling/createMessage')) capabilities.sampling = {};
  if (handlers.has('roots/list')) capabilities.roots = {};
  return { ...capabilities, ...given };
}

/** A form that was accepted is filled up with its defaults. */
function withDefaults(result, schema) {
  if (result.action !== 'accept') return result;
  const content = { ...result.content };
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    if (content[name] === undefined && property?.default !== undefined) content[name] = property.default;
  }
  return { ...result, content };
}
