// A module that is fetched. It is too small for compiling it while it arrives to gain anything.

export async function fetched(location, imports) {
  const response = await fetch(location, { signal: AbortSignal.timeout?.(30_000) });
  const type = response.headers.get('content-type') ?? 'no type';
  // Many servers answer with their start page whatever they do not have.
  if (!response.ok || /html/.test(type)) throw new Error(`HTTP ${response.status} (${type}) for ${location}`);
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}
