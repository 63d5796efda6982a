export function greet(options) {
  return options.greeting.concat(' ', options.name, options.punctuation);
}
