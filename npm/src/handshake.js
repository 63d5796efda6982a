// How client and server find out which era of the protocol they share, and tell each other who they are.

import { DISCOVER, FAIL, NOTIFICATION, READY, REQUEST, SUCCEEDED, TIMED_OUT } from '../pkg/shared-numbers.js';
import { SESSION_HEADER, VERSION_HEADER } from './answer.js';
import { attempt } from './attempt.js';
import { newCall } from './call.js';
import { deliver, remedy } from './deliver.js';
import { failureOf } from './failure.js';
import { capabilitiesOf } from './handlers.js';
import { isForeign } from './page.js';

const PREFIX = 'io.modelcontextprotocol/';

/** Takes the steps the module names until client and server can talk; throws what the last one failed with. */
export async function shakeHands(connection, { trace }) {
  const { session, settings } = connection;
  const { clientInfo, timeout } = settings;
  // Others may wait for it with more patience than the call that needs it first.
  const asking = { timeout, trace };
  const capabilities = capabilitiesOf(connection.requestHandlers, settings.capabilities);
  let probe;
  for (let step = session.step(); step !== READY; ) {
    connection.commonHeaders = undefined;
    if (step === DISCOVER) {
      connection.meta = {
        [`${PREFIX}protocolVersion`]: session.headers().get(VERSION_HEADER),
        [`${PREFIX}clientInfo`]: clientInfo,
        [`${PREFIX}clientCapabilities`]: capabilities,
      };
      probe ??= callOf(connection, REQUEST, 'server/discover', {}, asking);
      step = await ask(connection, probe);
    } else {
      connection.meta = undefined;
      await initialize(connection, asking, { protocolVersion: '2025-11-25', capabilities, clientInfo });
      step = READY;
    }
  }
  connection.commonHeaders = undefined;
}

/** Asks whether the server speaks without a handshake, and returns the next step. */
async function ask(connection, probe) {
  const { session } = connection;
  const outcome = await attempt(connection, probe);
  const { message, status } = outcome;
  const succeeded = session.settle(REQUEST, status, outcome.facts) === SUCCEEDED;
  const { supportedVersions, capabilities, instructions, _meta } = Object(message?.result);
  const supported = succeeded ? supportedVersions : message?.error?.data?.supported;
  const versions = JSON.stringify(supported) ?? '';
  const step = session.probed(
    succeeded,
    status,
    (probe.flags & TIMED_OUT) !== 0,
    isForeign(connection.settings.endpoint),
    message?.error?.code ?? NaN,
    versions,
  );
  connection.server = { info: _meta?.[`${PREFIX}serverInfo`], capabilities, instructions };
  if (step !== FAIL) return step;
  if (succeeded) throw failureOf(session.initialized(versions, outcome.response.headers.get(SESSION_HEADER)), probe);
  await remedy(connection, probe, outcome);
  return DISCOVER;
}

async function initialize(connection, asking, params) {
  const { session } = connection;
  const call = callOf(connection, REQUEST, 'initialize', params, asking);
  const outcome = await deliver(connection, call);
  const { protocolVersion, serverInfo, instructions, capabilities } = Object(outcome.message.result);
  const flaw = session.initialized(String(protocolVersion), outcome.response.headers.get(SESSION_HEADER));
  if (flaw) throw failureOf(flaw, call);
  connection.server = { info: serverInfo, capabilities, instructions };
  connection.commonHeaders = undefined;
  await deliver(connection, callOf(connection, NOTIFICATION, 'notifications/initialized', undefined, asking));
}

/** A call of the handshake, made on behalf of the call that needs the connection first. */
function callOf(connection, kind, method, params, { timeout, trace }) {
  const call = newCall(kind, method, params, { timeout }, connection.settings, trace);
  call.isHandshake = true;
  connection.handshakeCall = call;
  return call;
}
