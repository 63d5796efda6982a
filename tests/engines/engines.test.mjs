// The client and its reports in three browser engines, each started once for all cases.

import { after, before, describe } from 'node:test';

import { startChromium } from './browsers/chromium.mjs';
import { startFirefox } from './browsers/firefox.mjs';
import { startWebKit } from './browsers/webkit.mjs';
import { breadcrumbs } from './cases/breadcrumbs.mjs';
import { calls } from './cases/calls.mjs';
import { delivery } from './cases/delivery.mjs';
import { leaving } from './cases/leaving.mjs';
import { loading } from './cases/loading.mjs';
import { mcp } from './cases/mcp.mjs';
import { origins } from './cases/origins.mjs';
import { pageErrors } from './cases/page-errors.mjs';
import { reports } from './cases/reports.mjs';
import { stacks } from './cases/stacks.mjs';
import { sameFrames } from './same-frames.mjs';

const engines = { Chromium: startChromium, Firefox: startFirefox, WebKit: startWebKit };

/** The reports of the stack cases of all engines. */
const stackReports = [];

for (const [name, start] of Object.entries(engines)) {
  describe(name, () => {
    const engine = {};
    before(async () => Object.assign(engine, await start()));
    after(() => engine.close?.());
    calls(engine);
    mcp(engine);
    stacks(engine, stackReports);
    reports(engine);
    delivery(engine);
    leaving(engine);
    pageErrors(engine);
    breadcrumbs(engine);
    origins(engine);
    loading(engine);
  });
}

describe('the same failure in all engines', () => sameFrames(stackReports, Object.keys(engines)));
