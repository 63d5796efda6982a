// Requests all pages of `tools/list` and collects the usable tools.

import { Failure } from './failure.js';
import { isRecord } from './json-type.js';
import { literal, oneLine } from './text.js';

const MAX_PAGES = 1000;
const MAX_TOOLS = 10_000;

/**
 * Resolves to `{tools, skipped}`: `skipped` has the reason for each entry that is left out. `fetchPage(cursor)` fetches
 * one page. A list without an end is a failure, because a part of it would look complete.
 */
export async function collectTools(fetchPage, onProgress = () => {}) {
  const entries = [];
  const cursors = new Set();
  let cursor;
  do {
    const result = await fetchPage(cursor);
    if (!Array.isArray(result?.tools)) {
      throw new Failure('the server responded to tools/list without a list of tools; is it an MCP server?');
    }
    for (const entry of result.tools) entries.push(entry);
    onProgress(entries.length);
    cursor = typeof result.nextCursor === 'string' ? result.nextCursor : undefined;
    if (cursors.has(cursor)) {
      throw new Failure(
        `the server's list of tools repeats itself: it returned the cursor ${literal(oneLine(cursor, 60))} twice`,
      );
    }
    cursors.add(cursor);
    if (entries.length > MAX_TOOLS || cursors.size > MAX_PAGES) {
      throw new Failure(
        `the server's list of tools does not end: ${entries.length} tools on ${cursors.size} pages so far`,
      );
    }
  } while (cursor !== undefined);
  return usableTools(entries);
}

function usableTools(entries) {
  const tools = new Map();
  const skipped = [];
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.name !== 'string' || entry.name === '') {
      skipped.push('a tool without a name was left out');
    } else if (tools.has(entry.name)) {
      skipped.push(`the tool ${literal(oneLine(entry.name, 60))} is listed twice; only its first entry is used`);
    } else {
      tools.set(entry.name, entry);
    }
  }
  return { tools: [...tools.values()], skipped };
}
