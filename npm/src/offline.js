// Reports that survive a closed tab: a store of the browser's own, by the id each report keeps.

const DATABASE = 'mcp-autoheal';
const STORE = 'reports';
/** More are not kept: the newest tell what is wrong now. */
const MOST = 100;

/** Opens the store, hands over what an earlier page left, and resolves to what the reporter needs of it. */
export async function openQueue(keep) {
  const database = await opened().catch(() => undefined); // no store, as in private windows: nothing survives
  const run = async (mode, action) => {
    if (!database) return undefined;
    try {
      return await done(action(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined; // full, or closed with the page
    }
  };
  const left = (await run('readonly', (store) => store.getAll())) ?? [];
  left.sort((one, other) => (one.context?.timestamp < other.context?.timestamp ? -1 : 1));
  const remove = (id) => run('readwrite', (store) => store.delete(id));
  for (const { id } of left.splice(0, left.length - MOST)) remove(id);
  left.forEach((report) => keep(JSON.stringify(report)));
  return { put: (report) => run('readwrite', (store) => store.put(JSON.parse(report))), remove };
}

async function opened() {
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
