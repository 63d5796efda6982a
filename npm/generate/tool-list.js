// Walks the pages of `tools/list`, and keeps what can be used of them.

import { Failure } from './failure.js';
import { isRecord } from './json-type.js';
import { literal, oneLine } from './text.js';

const MOST_PAGES = 1000;
const MOST_TOOLS = 10_000;

/**
 * All tools, as `{tools, skipped}`: `skipped` says of each entry that is left out why. `page(cursor)` fetches one page.
 * A list without an end is a failure: half of it would look like all of it.
 */
export async function collectTools(page, onProgress = () => {}) {
  const entries = [];
  const cursors = new Set();
  let cursor;
  do {
    const result = await page(cursor);
    if (!Array.isArray(result?.tools)) {
      throw new Failure('the server answered tools/list without a list of tools; is it an MCP server?');
    }
    for (const entry of result.tools) entries.push(entry);
    onProgress(entries.length);
    cursor = typeof result.nextCursor === 'string' ? result.nextCursor : undefined;
    if (cursors.has(cursor)) {
      throw new Failure(
        `the server's list of tools goes round in circles: it gave the cursor ${literal(oneLine(cursor, 60))} twice`,
      );
    }
    cursors.add(cursor);
    if (entries.length > MOST_TOOLS || cursors.size > MOST_PAGES) {
      throw new Failure(
        `the server's list of tools does not end: ${entries.length} tools on ${cursors.size} pages so far`,
      );
    }
  } while (cursor !== undefined);
  return usable(entries);
}

function usable(entries) {
  const tools = new Map();
  const skipped = [];
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.name !== 'string' || entry.name === '') {
      skipped.push('a tool without a name was left out');
    } else if (tools.has(entry.name)) {
      skipped.push(`the tool ${literal(oneLine(entry.name, 60))} is listed twice; its first entry was taken`);
    } else {
      tools.set(entry.name, entry);
    }
  }
  return { tools: [...tools.values()], skipped };
}
