// The client and its reports in three real engines: one list of cases, each engine started once.

import { after, before, describe } from 'node:test';

import { startChromium } from './browsers/chromium.mjs';
import { startFirefox } from './browsers/firefox.mjs';
import { startWebKit } from './browsers/webkit.mjs';
import { calls } from './cases/calls.mjs';
import { delivery } from './cases/delivery.mjs';
import { loading } from './cases/loading.mjs';
import { mcp } from './cases/mcp.mjs';
import { origins } from './cases/origins.mjs';
import { pageErrors } from './cases/page-errors.mjs';
import { reports } from './cases/reports.mjs';
import { stacks } from './cases/stacks.mjs';
import { trail } from './cases/trail.mjs';
import { explained } from './explained.mjs';

const engines = { Chromium: startChromium, Firefox: startFirefox, WebKit: startWebKit };

/** The stack cases' reports, of every engine. */
const reported = [];

for (const [name, start] of Object.entries(engines)) {
  describe(name, () => {
    const engine = {};
    before(async () => Object.assign(engine, await start()));
    after(() => engine.close?.());
    calls(engine);
    mcp(engine);
    stacks(engine, reported);
    reports(engine);
    delivery(engine);
    pageErrors(engine);
    trail(engine);
    origins(engine);
    loading(engine);
  });
}

describe('the same failure in every engine', () => explained(reported, Object.keys(engines)));
