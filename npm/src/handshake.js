// The handshake: client and server agree on an era and a revision of MCP, and exchange names and capabilities.

import {
  DISCOVER,
  FAIL,
  MAY_REFRESH_HEADERS,
  NOTIFICATION,
  READY,
  REQUEST,
  SUCCEEDED,
  TRY,
} from '../pkg/shared-numbers.js';
import { attempt } from './attempt.js';
import { newCall } from './call.js';
import { deliver, remedy } from './deliver.js';
import { failureOf } from './failure.js';
import { capabilitiesOf } from './handlers.js';
import { sessionHeaders } from './request.js';
import { SESSION_HEADER, VERSION_HEADER } from './response.js';

const PREFIX = 'io.modelcontextprotocol/';

/** Takes the steps that the module names until calls can be sent. Throws the failure of the last step. */
export async function shakeHands(connection, { callSite }) {
  const { session, settings } = connection;
  const { clientInfo, timeout, mode } = settings;
  // The client's timeout, not the call's: calls with a longer one may wait for the same handshake.
  const origin = { timeout, callSite };
  // Some legacy servers do not respond to a probe, so a handshake must fit into the same timeout.
  if (mode === 1) origin.timeout = Math.ceil(timeout / 2);
  const capabilities = capabilitiesOf(connection.requestHandlers, settings.capabilities);
  let probe;
  for (let step = session.step(); step !== READY; ) {
    connection.commonHeaders = undefined;
    if (step === DISCOVER) {
      connection.meta = {
        [`${PREFIX}protocolVersion`]: sessionHeaders(connection)[VERSION_HEADER],
        [`${PREFIX}clientInfo`]: clientInfo,
        [`${PREFIX}clientCapabilities`]: capabilities,
      };
      probe ??= handshakeCall(connection, REQUEST, 'server/discover', {}, origin);
      step = await discover(connection, probe);
    } else {
      connection.meta = undefined;
      const isTrial = step === TRY;
      if (!isTrial) origin.timeout = timeout;
      try {
        await initialize(connection, origin, { protocolVersion: '2025-11-25', capabilities, clientInfo }, isTrial);
        step = READY;
      } catch (failure) {
        session.disconnect();
        if (!isTrial || failure.code === 'CLOSED') throw failure;
        await remedy(connection, probe, probe.outcome);
        step = session.step();
      }
    }
  }
  connection.commonHeaders = undefined;
}

/** Sends `server/discover`, which only modern servers know, and returns the next step. */
async function discover(connection, probe) {
  const { session } = connection;
  const outcome = (probe.outcome = await attempt(connection, probe));
  const { message, status } = outcome;
  if (status === 401 && probe.flags & MAY_REFRESH_HEADERS) {
    await remedy(connection, probe, outcome);
    return DISCOVER;
  }
  const succeeded = session.verdict(REQUEST, status, outcome.facts) === SUCCEEDED;
  const { supportedVersions, capabilities, instructions, _meta } = Object(message?.result);
  const supported = succeeded ? supportedVersions : message?.error?.data?.supported;
  const versions = supported?.length ? JSON.stringify(supported) : '';
  const step = session.probed(succeeded, status, message?.error?.code ?? NaN, versions);
  connection.server = { info: _meta?.[`${PREFIX}serverInfo`], capabilities, instructions };
  if (step !== FAIL) return step;
  if (succeeded) throw failureOf(session.initialized(versions, outcome.response.headers.get(SESSION_HEADER)), probe);
  await remedy(connection, probe, outcome);
  return DISCOVER;
}

/** Sends `initialize`, which opens a session with a legacy server. A trial is not repeated. */
async function initialize(connection, origin, params, isTrial) {
  const { session } = connection;
  const call = handshakeCall(connection, REQUEST, 'initialize', params, origin);
  if (isTrial) call.repeats = 100;
  const outcome = await deliver(connection, call);
  const { protocolVersion, serverInfo, instructions, capabilities } = Object(outcome.message.result);
  const judgement = session.initialized(String(protocolVersion), outcome.response.headers.get(SESSION_HEADER));
  if (judgement) throw failureOf(judgement, call);
  connection.server = { info: serverInfo, capabilities, instructions };
  connection.commonHeaders = undefined;
  const notification = handshakeCall(connection, NOTIFICATION, 'notifications/initialized', undefined, origin);
  notification.repeats = 100;
  try {
    await deliver(connection, notification);
  } catch (failure) {
    // Its answer has no meaning, and neither has a connection that is closed instead.
    if (failure.code === 'CLOSED') throw failure;
  }
}

/** Makes a call of the handshake; `origin` is its timeout, and the call site of the call that needs the connection. */
function handshakeCall(connection, kind, method, params, { timeout, callSite }) {
  const call = newCall(kind, method, params, { timeout }, connection.settings, callSite);
  call.isHandshake = true;
  connection.handshakeCall = call;
  return call;
}
