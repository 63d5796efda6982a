// Reports that survive a closed tab: a store in IndexedDB, by report id.

const DATABASE = 'mcp-autoheal';
const STORE = 'reports';
/** Maximum number of reports from earlier pages. The newest stay, because they show the present state. */
const MAX_REPORTS = 100;

/** Opens the store, passes the reports of earlier pages to `keep`, and resolves to functions that put and remove. */
export async function openStore(keep) {
  const database = await open().catch(() => undefined); // no database, as in private windows: nothing survives
  const run = async (mode, action) => {
    try {
      return await done(action(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined; // there is no database, the disk is full, or the page is closing
    }
  };
  const stored = (await run('readonly', (store) => store.getAll())) ?? [];
  stored.sort((one, other) => (one.context?.timestamp < other.context?.timestamp ? -1 : 1));
  const remove = (id) => run('readwrite', (store) => store.delete(id));
  for (const { id } of stored.splice(0, stored.length - MAX_REPORTS)) remove(id);
  stored.forEach((report) => keep(JSON.stringify(report)));
  return { put: (report) => run('readwrite', (store) => store.put(JSON.parse(report))), remove };
}

async function open() {
  const request = globalThis.indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
