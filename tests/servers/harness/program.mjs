// A process started by a test. It and its children do not outlive the test.

import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const TIMEOUT = 20_000;
const groups = new Set();
process.on('exit', () => groups.forEach(killGroup));

/**
 * Starts a program in its own process group. `stdout()` and `stderr()` return its output so far. `onOutput(bytes)` is
 * called with each piece of standard output.
 */
export function start([program, ...parameters], { env = {}, cwd, onOutput = () => {} } = {}) {
  const child = spawn(program, parameters, { env: { ...process.env, ...env }, cwd, detached: true });
  groups.add(child.pid);
  const output = { stdout: [], stderr: [] };
  const listeners = new Set();
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (bytes) => {
      output[name].push(bytes);
      if (name === 'stdout') onOutput(bytes);
      listeners.forEach((listener) => listener());
    });
  }
  child.stdin.on('error', () => {}); // the program may end while the test writes
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  ended.then(() => listeners.forEach((listener) => listener())).catch(() => {});
  const text = (name) => Buffer.concat(output[name]).toString();

  return {
    child,
    stdin: child.stdin,
    stdout: () => Buffer.concat(output.stdout),
    stderr: () => text('stderr'),
    stderrBytes: () => Buffer.concat(output.stderr),
    /** Resolves to `{code, signal}`. Rejects with its output if the program does not end in time. */
    async end(timeout = TIMEOUT) {
      const timer = new AbortController();
      const timedOut = wait(timeout, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`${program} ${parameters.join(' ')} does not end\n${text('stdout')}\n${text('stderr')}`);
      });
      timedOut.catch(() => {}); // aborted
      return Promise.race([ended, timedOut]).finally(() => timer.abort());
    },
    /** Resolves to the first defined value of `find()`, which is called again after each output. */
    async until(find, what, timeout = TIMEOUT) {
      let check;
      let timer;
      const found = new Promise((resolve, reject) => {
        check = () => {
          const value = find();
          if (value !== undefined) resolve(value);
          else if (child.exitCode !== null || child.signalCode !== null) {
            // The rest of the output is read before `ended` resolves.
            ended.then(
              () => (find() === undefined ? reject(new Error(message('the program ended before'))) : resolve(find())),
              reject,
            );
          }
        };
        const message = (reason) =>
          `${what}: ${reason}\n${program} ${parameters.join(' ')}\n${text('stdout').slice(-2000)}\n${text('stderr').slice(-2000)}`;
        timer = setTimeout(() => reject(new Error(message('not in time'))), timeout);
        listeners.add(check);
        check();
      });
      return found.finally(() => {
        clearTimeout(timer);
        listeners.delete(check);
      });
    },
    /** Kills the program and its children. */
    kill() {
      killGroup(child.pid);
    },
  };
}

/** Kills a process group. Its leader may have ended before its other members. */
function killGroup(group) {
  groups.delete(group);
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // all have ended
  }
}
