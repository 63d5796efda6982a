// WebKitGTK, by selenium-webdriver and WebKit's own driver, on a screen of its own: it has no headless mode.

import { Builder, Capabilities } from 'selenium-webdriver';

import { freePort } from '../../free-port.mjs';
import { firstLine, program, start } from './programs.mjs';

const LIBRARIES = ['lib/x86_64-linux-gnu', 'lib/aarch64-linux-gnu', 'libexec', 'lib'];
const MINI_BROWSER = LIBRARIES.map((folder) => `/usr/${folder}/webkit2gtk-4.1/MiniBrowser`);

/** Runs in the page: WebDriver hands over a callback, and waits for the promise it is given. It adds no names. */
const ANSWER = `
  arguments[1](new Promise((resolve) => resolve((TEXT)(...arguments[0]))).then(
    (value) => ({ value }),
    (error) => ({ failure: String(error) }),
  ));`;

/** Runs in the page: its address, once all of it has loaded. */
const LOADED = `
  const [tell] = arguments;
  if (document.readyState === 'complete') tell(location.href);
  else addEventListener('load', () => tell(location.href));`;

/** Starts it with one tab. */
export async function startWebKit() {
  const programs = [];
  const stop = async () => {
    for (const each of programs.reverse()) await each.stop();
  };
  try {
    const browser = await launch(programs);
    await browser.manage().setTimeouts({ script: 60_000 });
    const capabilities = await browser.getCapabilities();
    return {
      version: `WebKitGTK ${capabilities.getBrowserVersion()}`,
      stacks: 'at sign',
      open: (address) => open(browser, address),
      async evaluate(text, args) {
        const answer = await browser.executeAsyncScript(ANSWER.replace('TEXT', () => text), args);
        if ('failure' in answer) throw new Error(answer.failure);
        return answer.value;
      },
      close: () => browser.quit().finally(stop),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On a busy machine the driver takes the page before for the one it was asked for, so the page itself is asked. */
async function open(browser, address) {
  await browser.get(address);
  const end = performance.now() + 10_000;
  for (let seen; seen !== address; ) {
    if (performance.now() > end) throw new Error(`WebKit is at ${seen}, not at ${address}`);
    seen = await browser.executeAsyncScript(LOADED).catch(String); // a page that goes does not answer
  }
}

/** The screen, the driver on it, and the browser the driver starts; what runs is added to `programs` at once. */
async function launch(programs) {
  const binary = program('WEBKIT_BROWSER', MINI_BROWSER, 'webkit2gtk-driver');
  const driverFile = program('WEBKIT_DRIVER', ['/usr/bin/WebKitWebDriver'], 'webkit2gtk-driver');
  const screenFile = program('XVFB', ['/usr/bin/Xvfb'], 'xvfb');

  // Xvfb chooses a free display itself, and says which on descriptor 3 once it can be used.
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
    // Its sandbox needs rights that containers do not have; the pages are our own.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  };
  programs.push(start(driverFile, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore', env }));
  return connect(`http://127.0.0.1:${port}`, binary);
}

async function connect(server, binary) {
  const options = { binary, args: ['--automation'] };
  const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options });
  await answering(`${server}/status`);
  return new Builder().usingServer(server).withCapabilities(capabilities).build();
}

/** Waits until the driver listens, which it does not announce. */
async function answering(address) {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return await fetch(address);
    } catch (error) {
      if (performance.now() > end) throw new Error(`WebKitWebDriver does not answer at ${address}`, { cause: error });
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }
}
