// Stands where the network would be: `fetch` answers at once, with a fresh `Response` for every call of every client.

/** The browser's own `fetch`, for what really has to be loaded. */
export const throughTheNetwork = window.fetch.bind(window);

/** Where the clients report to. */
export const REPORT_TO = '/report-error';

const SESSION = 'b7a2c1d0-made-up-session';
const ID = /"id":(\d+|"[^"]*")/;
const SUM = '"result":{"content":[{"type":"text","text":"3"}],"structuredContent":{"sum":3}}';
const NUMBERS = { a: { type: 'number' }, b: { type: 'number' } };
const TOOL = { name: 'add', inputSchema: { type: 'object', properties: NUMBERS } };

/** What every answered call carries, as servers with sessions send it. */
export const ANSWERED = { status: 200, headers: { 'content-type': 'application/json', 'mcp-session-id': SESSION } };

let answerCall = answerSum;
let answerReport = () => new Promise(() => {});

/** From now on `tools/call` is answered by `answer(id)`, where `id` is JSON text; without it, by the sum of 1 and 2. */
export function answerCallsWith(answer = answerSum) {
  answerCall = answer;
}

/** From now on reports are handed to `answer(body)`. */
export function answerReportsWith(answer) {
  answerReport = answer;
}

function answerSum(id) {
  return Promise.resolve(new Response(`{"jsonrpc":"2.0","id":${id},${SUM}}`, ANSWERED));
}

window.fetch = (address, init) => {
  const body = init?.body;
  if (typeof body !== 'string') {
    // The module is loaded with neither; a server without a stream of its own answers GET and DELETE like this.
    return init?.method ? Promise.resolve(new Response(null, { status: 405 })) : throughTheNetwork(address, init);
  }
  if (!body.includes('"jsonrpc"')) return answerReport(body);
  if (body.includes('"tools/call"')) return answerCall(ID.exec(body)[1]);
  return Promise.resolve(shakeHands(JSON.parse(body), String(address).includes('modern')));
};

/** Everything before the first call, as a server of revision 2025-11-25 answers it, or one of 2026-07-28. */
function shakeHands({ id, method, params }, isModern) {
  const answer = (body, status = 200) =>
    new Response(JSON.stringify({ jsonrpc: '2.0', id, ...body }), { ...ANSWERED, status });
  if (isModern && method === 'server/discover') {
    return answer({ result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } } });
  }
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'stub', version: '1.0.0' };
      return answer({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
    }
    case 'notifications/initialized':
      return new Response(null, { status: 202 });
    case 'tools/list':
      return answer({ result: { tools: [TOOL] } });
    default:
      return answer({ id: null, error: { code: -32000, message: 'Bad Request: Server not initialized' } }, 400);
  }
}
