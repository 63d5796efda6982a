// A process of a test: its pipes, its end, and the certainty that it and its children do not outlive the test.

import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const PATIENCE = 20_000;
const groups = new Set();
process.on('exit', () => groups.forEach(end));

/**
 * Starts a program in a process group of its own. `stdout` and `stderr` gather bytes; `ended` resolves to
 * `{code, signal}` after both streams have closed; `onOutput` is shown what it prints on standard output.
 */
export function start([program, ...parameters], { env = {}, cwd, onOutput = () => {} } = {}) {
  const child = spawn(program, parameters, { env: { ...process.env, ...env }, cwd, detached: true });
  groups.add(child.pid);
  const seen = { stdout: [], stderr: [] };
  const listeners = new Set();
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (bytes) => {
      seen[name].push(bytes);
      if (name === 'stdout') onOutput(bytes);
      listeners.forEach((look) => look());
    });
  }
  child.stdin.on('error', () => {}); // it may end while it is written to
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  ended.then(() => listeners.forEach((look) => look())).catch(() => {});
  const text = (name) => Buffer.concat(seen[name]).toString();

  return {
    child,
    stdin: child.stdin,
    stdout: () => Buffer.concat(seen.stdout),
    stderr: () => text('stderr'),
    stderrBytes: () => Buffer.concat(seen.stderr),
    /** How it ended; a program that does not end in time is an error with its story. */
    async end(patience = PATIENCE) {
      const late = new AbortController();
      const tooLate = wait(patience, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${program} ${parameters.join(' ')} does not end\n${text('stdout')}\n${text('stderr')}`);
      });
      tooLate.catch(() => {}); // cut short
      return Promise.race([ended, tooLate]).finally(() => late.abort());
    },
    /** Resolves to what `find()` finds, as soon as it does; looks only when something was printed. */
    async until(find, what, patience = PATIENCE) {
      let look;
      let timer;
      const found = new Promise((resolve, reject) => {
        look = () => {
          const value = find();
          if (value !== undefined) resolve(value);
          else if (child.exitCode !== null || child.signalCode !== null) {
            // What is left in the pipes comes before `ended`.
            ended.then(
              () => (find() === undefined ? reject(new Error(story('it ended before'))) : resolve(find())),
              reject,
            );
          }
        };
        const story = (why) =>
          `${what}: ${why}\n${program} ${parameters.join(' ')}\n${text('stdout').slice(-2000)}\n${text('stderr').slice(-2000)}`;
        timer = setTimeout(() => reject(new Error(story('did not come'))), patience);
        listeners.add(look);
        look();
      });
      return found.finally(() => {
        clearTimeout(timer);
        listeners.delete(look);
      });
    },
    /** Ends it and all it started. */
    kill() {
      end(child.pid);
    },
  };
}

/** Ends a whole group; the program at its head may be gone while its children are not. */
function end(group) {
  groups.delete(group);
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // nobody is left
  }
}
