// A server without an SDK, and requests that contain its output.

import { fixture, NODE } from '../harness/places.mjs';
import * as row from './rows.mjs';

export const command = () => [NODE, fixture('scripted-server.mjs')];
export const server = { name: 'scripted', version: '0.9.0' };

/** The line of a response with this member. */
export const response = (member) => `{"jsonrpc":"2.0","id":$id,${member}}\n`;
/** A call that makes the server write these texts. */
export const writes = (...texts) => row.call('write', { texts });
/** A request of any method that gets a response with this member. */
export const scripted = (method, member) => row.request(method, { script: ['write', { texts: [response(member)] }] });
export const DONE = '"result":{"content":[{"type":"text","text":"done"}]}';
