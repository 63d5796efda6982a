// Finds and starts programs: their paths are set in the environment by xtask, or are those of Debian.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

// A signal to this process must also end the browsers. By default they would run on.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The path of a program: from the environment variable, or the first of the paths that exists. */
export function findProgram(variable, paths, debianPackage) {
  const candidates = process.env[variable] ? [process.env[variable]] : paths;
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  const remedy = `install it (Debian: apt-get install ${debianPackage}), or set ${variable} to its path`;
  throw new Error(`${candidates.join(' or ')} does not exist: ${remedy}`);
}

/** Starts a program that runs until `stop()`, or until this process exits. */
export function start(file, args, options) {
  const child = spawn(file, args, options);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  ended.catch(() => {}); // awaited in `stop`
  return {
    child,
    async stop() {
      process.off('exit', kill);
      child.kill('SIGTERM'); // does nothing if it has ended
      await ended;
    },
  };
}

/** Resolves to the first line that a program writes to one of its pipes. Rejects if it ends without one. */
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
