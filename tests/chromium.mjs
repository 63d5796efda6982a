// The Chromium of the tests and benchmarks: its program and its command line.

import { existsSync } from 'node:fs';

/** Flags for a browser in a container that connects to nothing but the tests. */
export const CHROMIUM_FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** The path of the program: from CHROMIUM in the environment, else where Debian installs it. */
export function chromiumProgram() {
  const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (existsSync(program)) return program;
  throw new Error(`${program} does not exist: apt-get install chromium, or set CHROMIUM to another browser`);
}
