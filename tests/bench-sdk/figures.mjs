// The figures for people and for programs, and the bars they are held to.

/** Sizes and counts do not depend on the machine; times do, so that a short run on a busy one must not fail by them. */
const ALWAYS = { short: true, full: true };
const FULL_RUN = { short: false, full: true };
const SHOWN = { short: false, full: false };

/** Name, what it is, the bar it must not exceed (or must equal), and when that is a failure. */
const ROWS = [
  ['brotli_total', 'main entry, scripts + module, brotli 11 [bytes]', { most: 40_960, fails: ALWAYS }],
  ['brotli_js', '… its scripts alone [bytes]', { most: 10_240, fails: SHOWN }],
  ['gzip_total', '… all of it, gzip 9 [bytes]'],
  ['official_brotli', 'official client, brotli 11 [bytes]'],
  ['hand_us', 'a call by hand [µs]'],
  ['call_over_raw_us', 'our call above that, reporting on [µs]', { most: 15, fails: SHOWN }],
  ['official_over_raw_us', 'official client above that [µs]'],
  ['ratio_to_official', '… ours through theirs', { most: 0.25, fails: FULL_RUN }],
  ['reporting_cost_us', 'reporting on minus off [µs]', { most: 3, fails: SHOWN }],
  ['deep_call_over_raw_us', 'our call from 20 frames up [µs]'],
  ['modern_call_over_raw_us', 'our call without a session (2026-07-28) [µs]', { most: 15, fails: SHOWN }],
  ['plain_call_over_raw_us', 'our call as plain JSON-RPC [µs]'],
  ['reject_p50_ms', 'a failing call rejects, median [ms]'],
  ['reject_p95_ms', '… 95 of 100 within [ms]', { most: 1, fails: FULL_RUN }],
  ['unanswered_reports', 'reports in flight meanwhile, none answered'],
  ['report_requests_of_10000', 'report requests of 10 000 failures', { most: 30, fails: ALWAYS }],
  ['beacons_of_10000', '… beacons when the page goes'],
  ['counted_of_10000', '… failures they count', { exactly: 10_000, fails: ALWAYS }],
  ['memory_growth_mib', '… memory they leave [MiB]', { most: 4, fails: ALWAYS }],
  ['large_hand_ms', 'a result of 10 MB by hand [ms]'],
  ['large_result_ratio', '… ours through by hand', { most: 1.1, fails: SHOWN }],
  ['large_official_ratio', '… official client through by hand'],
  ['large_module_growth_mib', '… growth of the module [MiB]', { most: 0, fails: ALWAYS }],
];

/** The names of the figures that miss a bar where that is a failure. */
export function failedChecks(figures, short) {
  const checked = ROWS.filter(([, , bar]) => bar?.fails[short ? 'short' : 'full']);
  return checked.filter(([name, , bar]) => misses(bar, figures[name])).map(([name]) => name);
}

/** The table, and one line of JSON last. */
export function print(figures, failed, short) {
  for (const [name, what, bar] of ROWS) {
    const verdict = bar ? judged(bar, figures[name], failed.includes(name)) : '';
    console.log(`${what.padEnd(50)}${shown(figures[name]).padStart(11)}  ${verdict}`.trimEnd());
  }
  if (short) console.log('A short run: its times say little.');
  if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}.`);
  console.log(JSON.stringify(figures, (_, value) => (typeof value === 'number' ? rounded(value) : value)));
}

function judged(bar, figure, fails) {
  const [wanted, missed] =
    bar.exactly === undefined ? [`≤ ${shown(bar.most)}`, 'over the bar'] : [`= ${shown(bar.exactly)}`, 'not so'];
  return misses(bar, figure) ? `${wanted}  ${missed}${fails ? '' : ' (does not fail)'}` : wanted;
}

function misses({ most, exactly }, figure) {
  return exactly === undefined ? !(figure <= most) : figure !== exactly;
}

function shown(figure) {
  return Number.isInteger(figure) ? figure.toLocaleString('en').replaceAll(',', ' ') : String(rounded(figure));
}

function rounded(figure) {
  return Math.round(figure * 1000) / 1000;
}
