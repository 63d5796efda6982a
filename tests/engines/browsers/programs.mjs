// Where the programs are: named by xtask in the environment, else where Debian puts them; a missing one is an error.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

// Whoever ends this process from outside means the browsers too; by default a signal would leave them behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The file of a program, from the variable or one of the usual places. */
export function program(variable, places, debianPackage) {
  const named = process.env[variable];
  const found = (named ? [named] : places).find((place) => existsSync(place));
  if (found) return found;
  const sought = named ?? places.join(' nor ');
  throw new Error(`No ${sought}: install it (Debian: apt-get install ${debianPackage}), or name it in ${variable}`);
}

/** Starts a program that lives until `stop`, or at the latest until this process exits. */
export function start(file, args, options) {
  const child = spawn(file, args, options);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  ended.catch(() => {}); // looked at in `stop`, or by nobody
  return {
    child,
    async stop() {
      process.off('exit', kill);
      child.kill('SIGTERM'); // does nothing to one that has ended
      await ended;
    },
  };
}

/** The first line a program writes to one of its pipes; an error if it ends without one. */
export async function firstLine({ child }, descriptor) {
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  let text = '';
  const read = (async () => {
    for await (const chunk of child.stdio[descriptor]) {
      text += chunk;
      if (text.includes('\n')) break;
    }
    if (!text.includes('\n')) throw new Error(`${child.spawnfile} ended before it was ready`);
    return text.slice(0, text.indexOf('\n'));
  })();
  return Promise.race([read, failed]);
}
