// Numbers for messages, the same in each recording.

/** A generator of numbers with four to seven digits. */
function* generate() {
  for (let state = 12_345; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield 1_000 + (state % 9_000_000);
  }
}

export const numbers = generate();
