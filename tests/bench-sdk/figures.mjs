// The printed table of figures, the JSON line, and the limits of the figures.

/** Runs that fail at a missed limit. Times depend on the machine, so they must not fail a short run on a busy one. */
const ALL_RUNS = { short: true, full: true };
const FULL_RUNS = { short: false, full: true };
const NO_RUNS = { short: false, full: false };

/** Name, label and limit: a maximum or an exact value, and the runs that fail if it is missed. */
const ROWS = [
  ['brotli_total', 'main entry, scripts + module, brotli 11 [bytes]', { max: 40_960, failsIn: ALL_RUNS }],
  ['brotli_js', '… its scripts alone [bytes]', { max: 10_240, failsIn: NO_RUNS }],
  ['gzip_total', '… all of it, gzip 9 [bytes]'],
  ['official_brotli', 'official client, brotli 11 [bytes]'],
  ['hand_us', 'a call with fetch [µs]'],
  ['call_over_raw_us', 'our call minus that, reporting on [µs]', { max: 15, failsIn: NO_RUNS }],
  ['official_over_raw_us', 'official client minus that [µs]'],
  ['ratio_to_official', '… ours divided by theirs', { max: 0.25, failsIn: FULL_RUNS }],
  ['reporting_cost_us', 'reporting on minus off [µs]', { max: 3, failsIn: NO_RUNS }],
  ['deep_call_over_raw_us', 'our call, 20 frames deep [µs]'],
  ['modern_call_over_raw_us', 'our call without a session (2026-07-28) [µs]', { max: 15, failsIn: NO_RUNS }],
  ['plain_call_over_raw_us', 'our call as plain JSON-RPC [µs]'],
  ['reject_p50_ms', 'a failing call rejects, median [ms]'],
  ['reject_p95_ms', '… 95 of 100 within [ms]', { max: 1, failsIn: FULL_RUNS }],
  ['unanswered_reports', 'open report requests meanwhile'],
  ['report_requests_of_10000', 'report requests of 10 000 failures', { max: 30, failsIn: ALL_RUNS }],
  ['beacons_of_10000', '… beacons when the page is closed'],
  ['counted_of_10000', '… failures in their counts', { exactly: 10_000, failsIn: ALL_RUNS }],
  ['memory_growth_mib', '… growth of memory [MiB]', { max: 4, failsIn: ALL_RUNS }],
  ['large_hand_ms', 'a result of 10 MB with fetch [ms]'],
  ['large_result_ratio', '… ours divided by fetch', { max: 1.1, failsIn: NO_RUNS }],
  ['large_official_ratio', '… official client divided by fetch'],
  ['large_module_growth_mib', '… growth of the module [MiB]', { max: 0, failsIn: ALL_RUNS }],
];

/** The names of the figures whose missed limit fails this kind of run. */
export function failedChecks(figures, short) {
  const checked = ROWS.filter(([, , limit]) => limit?.failsIn[short ? 'short' : 'full']);
  return checked.filter(([name, , limit]) => misses(limit, figures[name])).map(([name]) => name);
}

/** Prints the table, then one line of JSON. */
export function print(figures, failed, short) {
  for (const [name, label, limit] of ROWS) {
    const verdict = limit ? verdictOn(limit, figures[name], failed.includes(name)) : '';
    console.log(`${label.padEnd(50)}${shown(figures[name]).padStart(11)}  ${verdict}`.trimEnd());
  }
  if (short) console.log('The times of a short run are not reliable.');
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}.`);
  console.log(JSON.stringify(figures, (_, value) => (typeof value === 'number' ? rounded(value) : value)));
}

function verdictOn(limit, figure, fails) {
  const text = limit.exactly === undefined ? `≤ ${shown(limit.max)}` : `= ${shown(limit.exactly)}`;
  return misses(limit, figure) ? `${text}  missed${fails ? '' : ' (does not fail)'}` : text;
}

function misses({ max, exactly }, figure) {
  return exactly === undefined ? !(figure <= max) : figure !== exactly;
}

function shown(figure) {
  return Number.isInteger(figure) ? figure.toLocaleString('en').replaceAll(',', ' ') : String(rounded(figure));
}

function rounded(figure) {
  return Math.round(figure * 1000) / 1000;
}
