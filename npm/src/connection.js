// The state that all calls of one client share, from the handshake to the end of the connection.

import { Session } from '../pkg/glue.js';
import { TIMED_OUT } from '../pkg/shared-numbers.js';
import { sendInBackground } from './background.js';
import { shakeHands } from './handshake.js';
import { listen } from './listen.js';
import { sessionHeaders } from './request.js';
import { SESSION_HEADER, VERSION_HEADER } from './response.js';
import { usableTools } from './tool-headers.js';

export class Connection {
  /** The module's part of this state; undefined before the module has loaded. */
  session;
  /** Name, version, capabilities and instructions of an MCP server, as far as it has sent them. */
  server = {};
  /** `_meta` of every request in the modern era; undefined in the legacy era. */
  meta;
  /** The page's handlers, by method. */
  notificationHandlers = new Map();
  requestHandlers = new Map();
  /** Headers of every request; undefined if they must be made anew. */
  commonHeaders;
  /** Paths of header parameters, by tool. */
  toolHeaders = new Map();
  /** Calls with an attempt under way. */
  inFlight = new Set();
  /** Calls with `onprogress`, by progress token. */
  progressCalls = new Map();
  /** Number of progress tokens so far. */
  progressIds = 0;
  /** The last call of the handshake. */
  handshakeCall;
  /** Number of handshakes so far. Each call stores it, to detect whether its session was replaced meanwhile. */
  epoch = 0;
  /** Aborts the subscription to notifications. */
  listening;
  /** Where the endpoint redirects to, within its origin. */
  movedTo;
  #connecting;

  constructor(settings, onerror) {
    this.settings = settings;
    this.onerror = onerror;
    this.isMCP = settings.mode !== 0;
    /** Whether calls can be sent without a handshake first. */
    this.isReady = !this.isMCP;
  }

  /** Called when the module has loaded. */
  open() {
    const { endpoint, retries, mode } = this.settings;
    this.session = new Session(endpoint, retries, mode);
  }

  /** The revision of MCP in use; undefined before the handshake, and for plain JSON-RPC. */
  get version() {
    return this.commonHeaders?.[VERSION_HEADER];
  }

  get era() {
    if (!this.isMCP || !this.isReady) return undefined;
    return this.meta ? 'modern' : 'legacy';
  }

  /** Connects, once for all calls that wait for it. */
  connect(call) {
    // A handshake that has timed out is about to fail: it is replaced, not waited for.
    if (!this.#connecting || this.handshakeCall.flags & TIMED_OUT) {
      const connecting = (this.#connecting = shakeHands(this, call)
        .then(() => {
          this.isReady = true;
          this.epoch += 1;
          listen(this);
        })
        .finally(() => {
          if (this.#connecting === connecting) this.#connecting = undefined;
        }));
    }
    return this.#connecting;
  }

  /**
   * Forgets the session of this epoch, which the server has lost. Of several calls that lost it only the first does, so
   * that the others do not disturb the handshake for the next one.
   */
  loseSession(epoch) {
    if (this.isReady && epoch === this.epoch) this.disconnect();
  }

  /** Forgets the session, so that the next call opens another. The subscription continues in it. */
  disconnect() {
    this.session?.disconnect();
    this.isReady = !this.isMCP;
    this.commonHeaders = this.movedTo = undefined;
  }

  /** Removes unusable tools from a list, and stores the header parameters of the others. Legacy servers have none. */
  keepTools(result) {
    if (this.meta && Array.isArray(result?.tools)) result.tools = usableTools(result.tools, this.toolHeaders);
  }

  /** Ends all calls and streams, and the session of a legacy server. */
  async close() {
    for (const call of this.inFlight) {
      call.isClosed = true;
      call.controller?.abort();
    }
    this.listening?.abort();
    if (this.era === 'legacy' && sessionHeaders(this)[SESSION_HEADER]) await sendInBackground(this, 'DELETE');
    this.disconnect();
  }
}
