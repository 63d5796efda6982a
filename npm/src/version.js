// The package's version, as servers are told it; a test compares it with package.json.
export const VERSION = '0.1.0';
