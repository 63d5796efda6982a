// Limits how many functions run at the same time.

/** A function that runs the functions passed to it, at most `max` at the same time. */
export function limitConcurrency(max) {
  const waiting = [];
  let free = max;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      // The next function takes the slot over, so `free` does not change.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
