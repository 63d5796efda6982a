// The package's version, as it is sent to servers. A test compares it with package.json.
export const VERSION = '0.1.0';
