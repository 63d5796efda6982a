// Lets so many things run at a time, and the others wait.

/** A function that runs another one as soon as fewer than `most` of its kind are running. */
export function slots(most) {
  const waiting = [];
  let free = most;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      // A slot that is handed on was never free.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
