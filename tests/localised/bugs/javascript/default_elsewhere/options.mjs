/** Options with a value for each that is not given. */
export function withDefaults(options) {
  return { punctuation: '!', ...options };
}
