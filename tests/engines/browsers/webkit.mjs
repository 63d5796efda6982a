// WebKitGTK, driven by selenium-webdriver and WebKitWebDriver, on a virtual screen because it has no headless mode.

import { Builder, Capabilities } from 'selenium-webdriver';

import { freePort } from '../../free-port.mjs';
import { findProgram, firstLine, start } from './programs.mjs';

const LIBRARIES = ['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'libexec', 'lib'];
const MINI_BROWSER = LIBRARIES.map((folder) => `/usr/${folder}/webkit2gtk-4.1/MiniBrowser`);

/** Runs in the page. WebDriver passes a callback and waits for the promise that it gets. Defines no names. */
const EVALUATE = `
  arguments[1](new Promise((resolve) => resolve((TEXT)(...arguments[0]))).then(
    (value) => ({ value }),
    (error) => ({ failure: String(error) }),
  ));`;

/** Runs in the page: passes its URL to the callback once the page has loaded. */
const LOADED = `
  const [callback] = arguments;
  if (document.readyState === 'complete') callback(location.href);
  else addEventListener('load', () => callback(location.href));`;

/** Starts WebKitGTK with one tab. */
export async function startWebKit() {
  const programs = [];
  const stop = async () => {
    for (const program of programs.reverse()) await program.stop();
  };
  try {
    const browser = await launch(programs);
    await browser.manage().setTimeouts({ script: 60_000 });
    const capabilities = await browser.getCapabilities();
    return {
      version: `WebKitGTK ${capabilities.getBrowserVersion()}`,
      stacks: 'at sign',
      open: (url) => open(browser, url),
      async evaluate(text, args) {
        const outcome = await browser.executeAsyncScript(EVALUATE.replace('TEXT', () => text), args);
        if ('failure' in outcome) throw new Error(outcome.failure);
        return outcome.value;
      },
      close: () => browser.quit().finally(stop),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Opens a URL. On a busy machine the driver may return while the old page is open, so this checks the URL in the page.
 */
async function open(browser, url) {
  await browser.get(url);
  const end = performance.now() + 10_000;
  for (let current; current !== url; ) {
    if (performance.now() > end) throw new Error(`WebKit is at ${current}, not at ${url}`);
    current = await browser.executeAsyncScript(LOADED).catch(String); // fails while the page changes
  }
}

/**
 * Starts the screen, the driver and the browser. Adds each program to `programs` at once, so that it can be stopped.
 */
async function launch(programs) {
  const binary = findProgram('WEBKIT_BROWSER', MINI_BROWSER, 'webkit2gtk-driver');
  const driverFile = findProgram('WEBKIT_DRIVER', ['/usr/bin/WebKitWebDriver'], 'webkit2gtk-driver');
  const screenFile = findProgram('XVFB', ['/usr/bin/Xvfb'], 'xvfb');

  // Xvfb chooses a free display and writes its number to descriptor 3 once it is ready.
  const screenArguments = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'];
  const screen = start(screenFile, screenArguments, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  programs.push(screen);
  const display = await firstLine(screen, 3);

  const port = await freePort();
  const env = {
    ...process.env,
    DISPLAY: `:${display}`,
    GDK_BACKEND: 'x11',
    LIBGL_ALWAYS_SOFTWARE: '1',
    // The sandbox needs rights that containers do not have. The tests open only their own pages.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  };
  programs.push(start(driverFile, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore', env }));
  return connect(`http://127.0.0.1:${port}`, binary);
}

async function connect(server, binary) {
  const options = { binary, args: ['--automation'] };
  const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options });
  await waitForDriver(`${server}/status`);
  return new Builder().usingServer(server).withCapabilities(capabilities).build();
}

/** Polls until the driver listens, because it does not announce it. */
async function waitForDriver(url) {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (performance.now() > end) throw new Error(`WebKitWebDriver does not respond at ${url}`, { cause: error });
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }
}
