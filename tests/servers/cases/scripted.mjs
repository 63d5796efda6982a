// A server without an SDK, and the words in which it is told what to write.

import { fixture, NODE } from '../harness/places.mjs';
import * as row from './rows.mjs';

export const command = () => [NODE, fixture('scripted-server.mjs')];
export const server = { name: 'scripted', version: '0.9.0' };

/** An answer with this member, as a line. */
export const reply = (member) => `{"jsonrpc":"2.0","id":$id,${member}}\n`;
/** A call that is answered with these texts. */
export const writes = (...texts) => row.call('write', { texts });
/** A request of any method, answered with this. */
export const scripted = (method, member) => row.request(method, { script: ['write', { texts: [reply(member)] }] });
export const DONE = '"result":{"content":[{"type":"text","text":"done"}]}';
