// Records the failures of the grouping benchmark: runs every bug several times, with other values, in other directories,
// in other builds and in several engines, and writes one line of JSON for each run.
//
// usage: node record.mjs [SET …] > reports.jsonl      sets: pages, and the names in `commands.mjs`
//
// `npm ci` in tests/packaging and tests/engines comes first. A set whose programs are missing is left out with a message.

import { commandRuns, SETS } from './commands.mjs';

// without the packages that drive browsers, the other sets can be recorded
const pageRuns = async () => (await import('./pages.mjs')).pageRuns();

/** Text without the further lines of a long run of equal lines, as in a recursion. */
const shortened = (text) => text?.replace(/^((.*\n)\2{19})\2+/gm, '$1');

const chosen = process.argv.slice(2);
for (const set of [...Object.keys(SETS), 'pages']) {
  if (chosen.length && !chosen.includes(set)) continue;
  let count = 0;
  try {
    for await (const run of set === 'pages' ? await pageRuns() : commandRuns(set)) {
      run.stderr = shortened(run.stderr);
      if (run.report) run.report.stack_trace = shortened(run.report.stack_trace);
      process.stdout.write(`${JSON.stringify({ set, ...run })}\n`);
      count += 1;
    }
  } catch (error) {
    process.exitCode = 1;
    console.error(`${set}: ${error.message}`);
  }
  console.error(`${set}: ${count} runs`);
}
