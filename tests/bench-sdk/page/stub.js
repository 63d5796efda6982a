// Replaces the network: `fetch` responds at once with a new `Response` for each call.

/** The `fetch` of the browser, for real requests. */
export const networkFetch = window.fetch.bind(window);

/** The endpoint for reports. */
export const REPORT_TO = '/report-error';

const SESSION = 'b7a2c1d0-made-up-session';
const ID = /"id":(\d+|"[^"]*")/;
const SUM = '"result":{"content":[{"type":"text","text":"3"}],"structuredContent":{"sum":3}}';
const NUMBERS = { a: { type: 'number' }, b: { type: 'number' } };
const TOOL = { name: 'add', inputSchema: { type: 'object', properties: NUMBERS } };

/** Status and headers of all responses, as servers with sessions send them. */
export const RESPONSE = { status: 200, headers: { 'content-type': 'application/json', 'mcp-session-id': SESSION } };

let respondToCall = respondWithSum;
let respondToReport = () => new Promise(() => {});

/** Sets the response to `tools/call`: `respond(id)` with the id as JSON text, or by default the sum of 1 and 2. */
export function respondToCallsWith(respond = respondWithSum) {
  respondToCall = respond;
}

/** Sets the response to reports: `respond(body)`. */
export function respondToReportsWith(respond) {
  respondToReport = respond;
}

function respondWithSum(id) {
  return Promise.resolve(new Response(`{"jsonrpc":"2.0","id":${id},${SUM}}`, RESPONSE));
}

window.fetch = (url, init) => {
  const body = init?.body;
  if (typeof body !== 'string') {
    // GET and DELETE get the response of a server without a standalone stream. The module is loaded without a method.
    return init?.method ? Promise.resolve(new Response(null, { status: 405 })) : networkFetch(url, init);
  }
  if (!body.includes('"jsonrpc"')) return respondToReport(body);
  if (body.includes('"tools/call"')) return respondToCall(ID.exec(body)[1]);
  return Promise.resolve(connect(JSON.parse(body), String(url).includes('modern')));
};

/** The response to a request before the first call, as from a server of the revision 2025-11-25 or 2026-07-28. */
function connect({ id, method, params }, isModern) {
  const respond = (body, status = 200) =>
    new Response(JSON.stringify({ jsonrpc: '2.0', id, ...body }), { ...RESPONSE, status });
  if (isModern && method === 'server/discover') {
    return respond({ result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } } });
  }
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'stub', version: '1.0.0' };
      return respond({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
    }
    case 'notifications/initialized':
      return new Response(null, { status: 202 });
    case 'tools/list':
      return respond({ result: { tools: [TOOL] } });
    default:
      return respond({ id: null, error: { code: -32000, message: 'Bad Request: Server not initialized' } }, 400);
  }
}
